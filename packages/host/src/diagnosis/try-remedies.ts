import { askObserver } from '@bowline/address-observation';
import { type DeviceId, errorMessage } from '@bowline/contracts';
import type { RemedyCode, TriedRemedies } from '@bowline/diagnosis';
import { endpointConnections } from '@bowline/endpoint-connections';
import type { System } from '../system.ts';
import { lookAtMulticast, lookAtRouter } from './look-at-network.ts';
import { askRelays, compareClocks } from './question-relays.ts';

/** Longest wait for a dial that was asked for: one takes ten seconds at most. */
const DIAL_WAIT_MS = 11_000;

/** Observers asked at once, as `observe-address` does. */
const ASKED_OBSERVERS = 2;

/** Something this device can find out by itself, for the remedies it bears upon. */
interface Attempt {
  readonly codes: readonly RemedyCode[];
  /** What came of it, in words. */
  readonly run: (system: System, deviceId: DeviceId) => Promise<string>;
}

const askOverUdp = async (system: System): Promise<string> => {
  const { parts, own, identity, clock } = system;
  const [relayUrl] = own.current.relayUrls;
  if (relayUrl === undefined || own.current.bound === null) {
    return 'no relay is connected beside which anybody could be asked';
  }
  const { observers } = await parts.switchboard.client.request('findObservers', { relayUrl });
  const asked = (observers ?? []).slice(0, ASKED_OBSERVERS);
  if (asked.length === 0) return 'the relay in use has nobody who tells the outside address';
  const connections = endpointConnections({ ...system, endpoint: parts.endpoint.client });
  try {
    const answers = await Promise.allSettled(
      asked.map((observer) =>
        askObserver(
          { from: identity.endpointId, observer },
          { connections, clock },
          { signal: new AbortController().signal },
        ),
      ),
    );
    const answered = answers.filter(({ status }) => status === 'fulfilled').length;
    // What follows from it is judged by the one who keeps it, from asking by itself.
    await parts.observation.client.request('lookAgain', {});
    return `asked ${asked.length} over UDP just now: ${answered === 0 ? 'nobody answered' : `${answered} answered`}`;
  } finally {
    connections.stop();
  }
};

const dialNow = async ({ peers, parts, clock }: System, deviceId: DeviceId): Promise<string> => {
  const failedAtMs = peers.get(deviceId)?.contact.lastFailure?.atMs ?? null;
  const { promise, resolve } = Promise.withResolvers<string>();
  const cancelTimer = clock.setTimer(DIAL_WAIT_MS, () => resolve('dialled just now: nothing was heard yet'), {
    unref: true,
  });
  const cancel = peers.onChanged(({ deviceId: changed, after }) => {
    if (changed !== deviceId) return;
    const failure = after?.contact.lastFailure ?? null;
    if (after === undefined) resolve('it is not paired any more');
    else if (after.link === 'up') resolve('dialled just now: it is connected');
    else if (failure !== null && failure.atMs !== failedAtMs) {
      resolve(
        `dialled just now: ${failure.refusedWith === null ? 'it did not answer' : `it refused (${failure.refusedWith})`}`,
      );
    }
  });
  try {
    await parts.scheduler.client.request('nudge', { deviceId, cause: 'user' });
    return await promise;
  } finally {
    cancelTimer();
    cancel();
  }
};

/** Everything this device can try by itself. */
const ATTEMPTS: readonly Attempt[] = [
  { codes: ['allow-udp', 'add-observer'], run: askOverUdp },
  {
    codes: [
      'check-relay',
      'check-internet',
      'check-gateway',
      'check-dns',
      'check-relay-token',
      'check-relay-certificate',
      'check-proxy',
      'configure-their-relay',
      'open-captive-page',
    ],
    run: askRelays,
  },
  { codes: ['set-clock'], run: compareClocks },
  { codes: ['check-mdns', 'free-mdns-port'], run: lookAtMulticast },
  { codes: ['open-port-mapping'], run: lookAtRouter },
  {
    codes: [
      'switch-on-peer',
      'allow-local-udp',
      'disable-isolation',
      'try-later',
      'end-one-copy',
      'update-older',
      'use-newer-copy',
    ],
    run: dialNow,
  },
];

/** Tries what bears upon the remedies, at once, and says what came of each. One that cannot be tried is left out. */
export const tryRemedies = async (
  system: System,
  deviceId: DeviceId,
  codes: readonly string[],
): Promise<TriedRemedies> => {
  const wanted = ATTEMPTS.map(({ codes: helped, run }) => ({
    run,
    codes: helped.filter((code) => codes.includes(code)),
  }));
  const tried = await Promise.all(
    wanted
      .filter((attempt) => attempt.codes.length > 0)
      .map(async ({ codes: helped, run }) => {
        const outcome = await run(system, deviceId).catch(
          (error: unknown) => `could not be tried: ${errorMessage(error)}`,
        );
        const atMs = system.clock.nowMs();
        return helped.map((code) => [code, { outcome, atMs }] as const);
      }),
  );
  return Object.fromEntries(tried.flat());
};
