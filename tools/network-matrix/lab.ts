import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brandAs, type HostStatus, type PairingSessionId } from '@bowline/contracts';
import { buildTopology, type LabTopology, type Room } from '@bowline/testing/network-lab';
import { type IrohPair, startIrohPair } from './iroh-pair.ts';
import { type LabDevice, labDevice } from './lab-device.ts';
import { type LabRelay, labRelay } from './lab-relay.ts';
import { type LabTimeline, labTimeline } from './lab-timeline.ts';

/** Who is in every lab; the last three where its topology has them. */
export type LabInhabitant = 'laptop' | 'phone' | 'relay' | 'relay2' | 'proxy';

export interface LabSetup {
  readonly topology: LabTopology<LabInhabitant>;
  /** Further options of both daemons. */
  readonly options?: readonly string[];
  readonly relayPort?: number;
  /** Environment variables of both daemons. */
  readonly environment?: (room: Room<LabInhabitant>) => Readonly<Record<string, string>>;
  /** Done when the networks are there and before any program runs. */
  readonly prepare?: (room: Room<LabInhabitant>) => Promise<void>;
  /** Done when the devices are paired, and before anything happens to them. */
  readonly afterPairing?: (room: Room<LabInhabitant>) => Promise<void>;
  /** How much both daemons log. @defaultValue 'info' */
  readonly logLevel?: string;
  /** Whether endpoints of iroh alone are on the same hosts, for comparison. @defaultValue false */
  readonly isBesideIroh?: boolean;
}

/** Two real daemons in networks of their own, their relay, and what all of them tell. */
export interface Lab extends AsyncDisposable {
  readonly room: Room<LabInhabitant>;
  readonly devices: readonly [laptop: LabDevice, phone: LabDevice];
  /** The first one; `null` where there is none. */
  readonly relay: LabRelay | null;
  readonly timeline: LabTimeline;
  /** iroh alone, where it is compared with. */
  readonly irohPair: IrohPair | null;
  /** In which home each device is now, by its place from 0. */
  readonly homes: Map<'laptop' | 'phone', number>;
}

const namesOf = (topology: LabTopology<LabInhabitant>): readonly LabInhabitant[] =>
  topology.kind === 'lan' ? topology.hosts : [...topology.homes.flatMap(({ hosts }) => hosts), ...topology.internet];

/** Builds the networks and starts the programs; the devices are not paired yet. */
export const startLab = async (setup: LabSetup): Promise<Lab> => {
  await using stack = new AsyncDisposableStack();
  const { topology, options = [], logLevel = 'info', environment = () => ({}) } = setup;
  const timeline = labTimeline();
  const folder = mkdtempSync(join(tmpdir(), 'bowline-lab-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const room = stack.use(await buildTopology(topology));
  await setup.prepare?.(room);
  const names = namesOf(topology);
  const relays = (['relay', 'relay2'] as const)
    .filter((name) => names.includes(name))
    .map((name) => labRelay(room.hosts[name], timeline, setup.relayPort));
  const [relay = null] = relays;
  await Promise.all(relays.map((each) => each.start()));
  const relayOptions = relays.length === 0 ? ['--relay', 'disabled'] : relays.flatMap(({ url }) => ['--relay', url]);
  const variables = Object.entries({ BOWLINE_LOG: logLevel, BOWLINE_KEY: 'file', ...environment(room) });
  const deviceOn = (name: 'laptop' | 'phone'): LabDevice =>
    labDevice({
      host: room.hosts[name],
      folder,
      timeline,
      options: [...relayOptions, ...options],
      environment: ['env', ...variables.map(([variable, value]) => `${variable}=${value}`)],
    });
  const devices = [deviceOn('laptop'), deviceOn('phone')] as const;
  await Promise.all(devices.map((device) => device.start()));
  const { laptop, phone } = room.hosts;
  const irohPair =
    setup.isBesideIroh === true ? await startIrohPair({ laptop, phone, relayUrl: relay?.url ?? null }) : null;
  if (irohPair !== null) stack.use(irohPair);
  const owned = stack.move();
  const homes = new Map([['laptop', 0] as const, ['phone', 1] as const]);
  return { room, devices, relay, timeline, irohPair, homes, [Symbol.asyncDispose]: () => owned.disposeAsync() };
};

const SHORT_TTL_MS = 120_000;
let sessions = 0;

/** Pairs the two devices with words; gives milliseconds until both say that they are connected. */
export const pairLab = async ({ devices: [laptop, phone] }: Lab): Promise<number> => {
  const beganMs = performance.now();
  const { words } = await laptop.channel().request('pair', { ttlMs: SHORT_TTL_MS, policy: 'accept' });
  sessions += 1;
  const sessionId = brandAs<PairingSessionId>(`lab-${process.pid}-${sessions}`);
  await phone.channel().request('join', { sessionId, code: words, policy: 'accept' });
  await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected, 'the other connected')));
  return performance.now() - beganMs;
};

export const isConnected = ({ peers }: HostStatus): boolean => peers.some(({ state }) => state === 'connected');
