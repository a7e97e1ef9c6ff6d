import {
  BowlineError,
  type Cancel,
  type CloseName,
  type DeviceId,
  errorCode,
  errorMessage,
  type SocketAddress,
} from '@bowline/contracts';
import { TokenBucket } from '@bowline/limits';
import { addressesOf } from '../peers/peer.ts';
import { mayUseRelays } from '../peers/peer-views.ts';
import type { System } from '../system.ts';
import { removePeer } from './peer-changes.ts';
import { signsOfLife } from './signs-of-life.ts';

/** A dial that has not succeeded by then is given up; QUIC's own limit of 30 s would hold its place for too long. */
const DIAL_TIMEOUT_MS = 10_000;

/**
 * The same where no relay leads to the device, so that nothing tells that the network between the two is back: QUIC repeats a first
 * packet after 1 s, and then only after 3; the next dial sends one sooner. One dial of twelve, about one a minute, has the whole time, for whoever needs more than
 * a few seconds to answer: by chance, as both devices have lost the link in one moment, and would count alike.
 */
const DIAL_ALONE_TIMEOUT_MS = 1_900;
const LONG_DIAL_RATIO = 1 / 12;

/**
 * A dial that began this long before a relay came back, or the network changed, has lost its packets, and repeats them too seldom,
 * milliseconds: QUIC does so after 1, 3, 6 and 10 s.
 */
const STALE_DIAL_MS = 1_000;

/** Changes of the network that dials are begun anew for: on one that changes all the time a dial must come to its end, too. */
const RENEWING_CHANGES = { perSecond: 0.1, burst: 3 };

/** Whoever repeats what a device shows is told of all the time; what it has spoilt is forgotten a minute later, milliseconds. */
const HEARSAY_MS = 120_000;

interface PendingDial {
  readonly addresses: readonly SocketAddress[];
  readonly startedAtMs: number;
  /** Whether a relay may lead there, too. */
  readonly throughRelay: boolean;
  readonly giveUp: AbortController;
  /** Whether it is looked at again: something has changed when it was young. */
  isWatched: boolean;
}

/** Addresses dialled of a device that was sighted on the local network: one of each neighbour that shows it. */
const MAX_SIGHTED_ADDRESSES = 16;

/**
 * Dials when the scheduler says so, and tells it which dials fail; of the others it hears as of every link. A device that is
 * sighted is dialled at once.
 */
export const dialDevices = (system: System): Cancel => {
  const { parts, own, peers, clock, random, hub, inBackground, logger, settled } = system;
  const { scheduler, links, mdns, endpoint } = parts;

  const dials = new Map<DeviceId, PendingDial>();
  const renewals = new TokenBucket(RENEWING_CHANGES, clock.monotonicMs());

  const dial = async (deviceId: DeviceId): Promise<void> => {
    const peer = peers.get(deviceId);
    if (peer === undefined) return;
    const addresses = addressesOf(peer);
    const giveUp = new AbortController();
    const throughRelay = own.current.configuredRelayUrls.length > 0 && mayUseRelays(peer.device);
    dials.set(deviceId, { addresses, startedAtMs: clock.monotonicMs(), throughRelay, giveUp, isWatched: false });
    try {
      // Where a relay leads there, too, a wrong address cannot keep the device away.
      const { sightedAtMs } = peer.contact;
      const isHearsay = !throughRelay && sightedAtMs !== null && clock.nowMs() - sightedAtMs < HEARSAY_MS;
      const isLong = throughRelay || random.ratio() < LONG_DIAL_RATIO;
      const timeoutMs = isLong ? DIAL_TIMEOUT_MS : DIAL_ALONE_TIMEOUT_MS;
      const input = { deviceId, directAddresses: addresses, throughRelay, isHearsay, timeoutMs };
      await links.client.request('connect', input, { signal: giveUp.signal });
    } catch (error) {
      logger.debug({ deviceId, code: errorCode(error), reason: errorMessage(error) }, 'dial failed');
      noteFailure(deviceId, error);
      if (isLeftPending(deviceId, error)) await removePeer(system, deviceId, 'peer');
      else await scheduler.client.request('reportFailed', { deviceId, throughRelay });
    } finally {
      dials.delete(deviceId);
    }
  };

  /** A dial that was given up for a better one says nothing of the device. One to a device that shows itself and does not answer does. */
  const noteFailure = (deviceId: DeviceId, error: unknown): void => {
    const contact = peers.get(deviceId)?.contact;
    const giveUp = dials.get(deviceId)?.giveUp.signal;
    const isUnanswered = giveUp?.reason === UNANSWERED;
    if (contact === undefined || (giveUp?.aborted === true && !isUnanswered)) return;
    const code = isUnanswered ? 'LINK_UNREACHABLE' : (errorCode(error) ?? 'INTERNAL');
    const lastFailure = { atMs: clock.nowMs(), code, refusedWith: refusalOf(error) };
    peers.update(deviceId, { contact: { ...contact, lastFailure, failureCount: contact.failureCount + 1 } });
  };

  /** The other side does not know this device, long after it would have stored the pairing: there was none. */
  const isLeftPending = (deviceId: DeviceId, error: unknown): boolean => {
    const device = peers.get(deviceId)?.device;
    const isUnknownThere = refusalOf(error) === 'not-paired';
    return isUnknownThere && device?.pairingState === 'pending' && settled.has(device);
  };

  const isStale = ({ startedAtMs }: PendingDial): boolean => clock.monotonicMs() - startedAtMs >= STALE_DIAL_MS;

  /** One that began just before may have its answer on the way, and is begun anew where none has come a second later. */
  const watch = (deviceId: DeviceId, pending: PendingDial, why: string): void => {
    if (pending.isWatched) return;
    pending.isWatched = true;
    const onTimer = (): void => {
      if (dials.get(deviceId) === pending) pending.giveUp.abort(new Error(why));
    };
    clock.setTimer(STALE_DIAL_MS, onTimer, { unref: true });
  };

  /** Dials under way would hold their devices' places for seconds. */
  const giveUpStale = (deviceIds: Iterable<DeviceId>, why: string): void => {
    for (const deviceId of [...deviceIds]) {
      const pending = dials.get(deviceId);
      if (pending === undefined) continue;
      if (isStale(pending)) pending.giveUp.abort(new Error(why));
      else watch(deviceId, pending, why);
    }
  };
  const onNetworkChange = (): void => {
    if (dials.size > 0 && renewals.take(1, clock.monotonicMs())) giveUpStale(dials.keys(), 'the network has changed');
  };

  const cancels = [
    signsOfLife(system, {
      ofAll: (cause) => {
        inBackground('nudge', () => scheduler.client.request('nudgeAll', { cause }));
        if (cause === 'relayBack') giveUpStale(dials.keys(), 'a relay is back');
        else onNetworkChange();
      },
      of: (deviceId, cause) => {
        inBackground('nudge', () => scheduler.client.request('nudge', { deviceId, cause }));
        giveUpStale([deviceId], 'a relay is back');
      },
    }),
    hub.on('network.changed', onNetworkChange),
    scheduler.client.on('dial.due', ({ deviceId }) => inBackground('dial', () => dial(deviceId))),
    mdns.client.on('device.sighted', ({ endpointId, directAddresses }) => {
      const peer = peers.getByEndpoint(endpointId);
      if (peer === undefined) return;
      const { link, contact } = peer;
      const { id: deviceId } = peer.device;
      peers.update(deviceId, {
        sightedAddresses: directAddresses.slice(0, MAX_SIGHTED_ADDRESSES),
        link: link === 'up' ? 'up' : 'down',
        contact: { ...contact, sightedAtMs: clock.nowMs() },
      });
      // A dial to where the device used to be would keep the right address waiting for seconds. One to where it is still seen
      // may be the right one: whoever shows it elsewhere, too, may not end that. Across a local network an answer takes
      // milliseconds: one that has taken a second was asked for before the device was there, and is asked for again in seconds.
      const pending = dials.get(deviceId);
      if (pending !== undefined && !directAddresses.some((address) => pending.addresses.includes(address))) {
        pending.giveUp.abort(new Error('the device was seen elsewhere'));
      } else if (pending !== undefined && !pending.throughRelay && isStale(pending)) {
        pending.giveUp.abort(UNANSWERED);
      }
      const nudge = { deviceId, cause: 'sighting' } as const;
      inBackground('nudge', () => scheduler.client.request('nudge', nudge));
    }),
    endpoint.onReady(async () => {
      inBackground('nudge', () => scheduler.client.request('nudgeAll', { cause: 'start' }));
    }),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
};

/** Why a dial ends early to a device that shows itself, where it is dialled, and does not answer. */
const UNANSWERED = new Error('the device shows itself and did not answer');

/** What the other side said no with; `null` where it said nothing. */
const refusalOf = (error: unknown): CloseName | null =>
  error instanceof BowlineError && error.code === 'LINK_REFUSED' ? (error.data.name as CloseName) : null;
