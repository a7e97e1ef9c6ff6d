import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { derivePairingKeys, parseCode } from '@bowline/pairing-code';
import { relayServer } from '@bowline/relay-server';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { freePort, memoryLogger } from '@bowline/testing';
import type { Attack, Offer, Scale, Scene } from './attack.ts';
import { type HonestDevice, honestDevice } from './honest/honest-device.ts';
import { type Air, air } from './raw/air.ts';
import { type Ledger, ledger } from './raw/ledger.ts';
import { type RawEndpoint, rawEndpoint, type Target } from './raw/raw-endpoint.ts';

/** Long enough for any attack; the codes of a test are not typed by anybody. */
const CODE_TTL_MS = 600_000;

const LOOPBACK = '127.0.0.1';

/** Names that mean nothing else, so that they are found wherever they are said. */
const NAMES = { announced: 'honest-nas-K7Q', silent: 'honest-attic-V3Z', joiner: 'honest-laptop-X9W' } as const;

/** The honest devices, their relay, and the air they share with the attacker. All on this machine. */
export interface Stage extends AsyncDisposable {
  readonly dataDirs: readonly string[];
  readonly devices: readonly HonestDevice[];
  readonly joiner: HonestDevice;
  initiatorOf(attack: Pick<Attack, 'initiator'>): HonestDevice;
  readonly air: Air;
  readonly ledger: Ledger;
  /** Has the initiator show a code, and gathers what an attacker learns of it without the code. */
  open(attack: Attack, scale: Scale, notes: Pick<Scene, 'tally' | 'breach'>): Promise<OpenScene>;
}

export interface OpenScene {
  readonly scene: Scene;
  /** Closes every endpoint of the attacker. */
  readonly end: () => Promise<void>;
}

export const offerOf = (device: HonestDevice, policy: Attack['policy']): Promise<Offer> =>
  device.call('offer', policy, CODE_TTL_MS);

const tagOf = ({ words }: Offer): string => derivePairingKeys(parseCode(words).entropy).lanTag;

const relay = async () => {
  const server = relayServer({ port: 0, bindAddress: LOOPBACK })({
    clock: systemClock,
    random: systemRandom,
    logger: memoryLogger(),
  });
  await server.start();
  return { url: `http://${LOOPBACK}:${server.port}/`, stop: () => server.stop() };
};

export const openStage = async (): Promise<Stage> => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-hostile-'));
  // What is inside guards itself.
  chmodSync(folder, 0o755);
  const { url: relayUrl, stop: stopRelay } = await relay();
  const seen = ledger();
  const around = await air(seen);
  const joinerPort = await freePort('udp');
  const start = (
    name: string,
    options: { readonly mdns: boolean; readonly hasRelay: boolean; readonly port?: number },
  ) =>
    honestDevice({
      name,
      dataDir: join(folder, name),
      key: 'file',
      mdns: options.mdns,
      relay: options.hasRelay ? { urls: [relayUrl] } : 'disabled',
      bind: [LOOPBACK],
      ...(options.port === undefined ? {} : { port: options.port }),
    });
  const [announced, silent, joiner] = await Promise.all([
    start(NAMES.announced, { mdns: true, hasRelay: true }),
    start(NAMES.silent, { mdns: false, hasRelay: false }),
    start(NAMES.joiner, { mdns: true, hasRelay: true, port: joinerPort }),
  ]);
  const initiatorOf: Stage['initiatorOf'] = ({ initiator }) => (initiator === 'announced' ? announced : silent);

  /** Nobody but its peers learns from the network where it is; the attacker is told. */
  const joinerTarget: Target = { endpointId: joiner.endpointId, addresses: [`${LOOPBACK}:${joinerPort}`] };

  /** By mDNS where the device is on the air; a silent one is known from elsewhere. */
  const initiatorTarget = async (device: HonestDevice, offer: Offer): Promise<Target> => {
    const { endpointId } = device;
    if (device === silent) {
      const parsed = parseCode(offer.ticket);
      return { endpointId, addresses: parsed.kind === 'ticket' ? parsed.ticket.directAddresses : [] };
    }
    const { port } = await around.heardOf(endpointId, ({ tag }) => tag === tagOf(offer));
    return { endpointId, addresses: [`${LOOPBACK}:${port}`] };
  };

  const rendezvousTarget = (offer: Offer): Target => {
    const { rendezvousEndpointId } = derivePairingKeys(parseCode(offer.words).entropy);
    return { endpointId: rendezvousEndpointId, addresses: [], relayUrl };
  };

  const open: Stage['open'] = async (attack, scale, notes) => {
    const initiator = initiatorOf(attack);
    const offer = await offerOf(initiator, attack.policy);
    const endpoints: RawEndpoint[] = [];
    const scene: Scene = {
      scale,
      initiator,
      joiner,
      bystander: attack.initiator === 'announced' ? silent : announced,
      offer,
      tag: tagOf(offer),
      targets: {
        initiator: await initiatorTarget(initiator, offer),
        joiner: joinerTarget,
        rendezvous: attack.initiator === 'announced' ? rendezvousTarget(offer) : null,
      },
      air: around,
      ledger: seen,
      signal: AbortSignal.timeout(attack.limitMs[scale]),
      stranger: async (options = {}) => {
        const endpoint = await rawEndpoint({ ledger: seen, ...options });
        endpoints.push(endpoint);
        return endpoint;
      },
      offerAgain: (policy) => offerOf(initiator, policy),
      ...notes,
    };
    return {
      scene,
      end: async () => {
        await Promise.all(endpoints.map((endpoint) => endpoint.close()));
      },
    };
  };

  return {
    dataDirs: Object.values(NAMES).map((name) => join(folder, name)),
    devices: [announced, silent, joiner],
    joiner,
    initiatorOf,
    air: around,
    ledger: seen,
    open,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([announced, silent, joiner].map((device) => device.stop()));
      await around[Symbol.asyncDispose]();
      await stopRelay();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
