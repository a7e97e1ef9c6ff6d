import { brandAs, deviceIdOf, endpointIdOf, type PeerDevice } from '@bowline/contracts';
import { fakeClock, memoryLogger, seededRandom } from '@bowline/testing';
import { deviceRecords } from '../src/device-records.ts';
import { eventHub } from '../src/event-hub.ts';
import { inBackground } from '../src/in-background.ts';
import { hostInbox } from '../src/messages/inbox.ts';
import { messageHandlerSlot } from '../src/messages/message-handler.ts';
import { ownCondition } from '../src/own-condition.ts';
import { ownPresence } from '../src/own-presence.ts';
import { peerRegistry } from '../src/peers/peer-registry.ts';
import { settledPairing } from '../src/settled-pairing.ts';
import type { HostParts, System } from '../src/system.ts';

type PartName = keyof HostParts;
/** Answers to requests, by `part.request`; what is not named is answered as by an empty store, or with nothing. */
type Answers = Readonly<Record<string, (input: never, signal?: AbortSignal) => unknown>>;

const EMPTY_STORE: Answers = {
  'tcp.status': () => ({ listeningAt: [], links: [], connections: [] }),
  'persistence.listRelayTokens': () => ({ peers: [] }),
  'persistence.listDeviceFacts': () => ({ facts: [] }),
  'persistence.messageUsage': () => ({ inbox: [], outbox: [] }),
};

const secretKey = new Uint8Array(32).fill(1);
const endpointId = endpointIdOf(secretKey);

/** A peer device as the store holds it. */
export const peerDevice = (seed: number, over: Partial<PeerDevice> = {}): PeerDevice => {
  const id = endpointIdOf(new Uint8Array(32).fill(seed));
  return {
    id: deviceIdOf(id),
    endpointId: id,
    name: `device ${seed}`,
    platform: 'linux',
    pairingState: 'paired',
    pairedAtMs: 0,
    relayInfo: null,
    directAddresses: [],
    incarnation: 0,
    lastReceived: null,
    lastSeenAtMs: null,
    ...over,
  };
};

/** A system whose parts answer by script and tell what the test has them tell; wires cannot see the difference. */
export const scriptedSystem = (scripted: Answers = {}) => {
  const answers = { ...EMPTY_STORE, ...scripted };
  const listeners = new Map<string, ((payload: never) => void)[]>();
  const preparations = new Map<PartName, (() => Promise<void>)[]>();
  const asked: string[] = [];
  const stateListeners = new Map<PartName, ((status: { readonly state: string }) => void)[]>();
  const inputs: { readonly request: string; readonly input: unknown }[] = [];
  const part = (name: PartName) => ({
    start: async () => void asked.push(`${name} starts`),
    stop: async () => void asked.push(`${name} stops`),
    onReady: (prepare: () => Promise<void>) => {
      preparations.set(name, [...(preparations.get(name) ?? []), prepare]);
      return () => undefined;
    },
    onStateChanged: (listener: (status: { readonly state: string }) => void) => {
      stateListeners.set(name, [...(stateListeners.get(name) ?? []), listener]);
      return () => undefined;
    },
    client: {
      on: (event: string, listener: (payload: never) => void) => {
        const key = `${name}.${event}`;
        listeners.set(key, [...(listeners.get(key) ?? []), listener]);
        return () => undefined;
      },
      request: async (request: string, input: unknown, how: { readonly signal?: AbortSignal } = {}) => {
        asked.push(`${name}.${request}`);
        inputs.push({ request: `${name}.${request}`, input });
        return answers[`${name}.${request}`]?.(input as never, how.signal) ?? {};
      },
    },
  });
  const logger = memoryLogger();
  const clock = fakeClock();
  const own = ownPresence({ id: brandAs('d-0'), endpointId, name: 'laptop' }, brandAs('0a'.repeat(32)));
  const peers = peerRegistry();
  const parts = new Proxy({} as Record<PartName, ReturnType<typeof part>>, {
    get: (made, name: PartName) => {
      made[name] ??= part(name);
      return made[name];
    },
  });
  const system = {
    parts,
    inbox: hostInbox((parts as unknown as HostParts).persistence),
    messageHandler: messageHandlerSlot(),
    storeHealth: { key: 'file', problem: null, isCloned: false },
    instance: '0'.repeat(16),
    peers,
    hub: eventHub({ logger }),
    logger,
    clock,
    random: seededRandom(),
    own,
    presenceKey: {
      current: brandAs('0a'.repeat(32)),
      async renew() {
        (this as { current: string }).current = '0b'.repeat(32);
      },
    },
    records: deviceRecords({
      parts: parts as unknown as HostParts,
      clock,
      logger,
      inBackground: inBackground({ logger }),
    }),
    condition: ownCondition(),
    settled: settledPairing(clock),
    identity: { endpointId, secretKey },
    loopbackPort: { open: async () => 1, flow: () => undefined, hold: () => undefined, close: async () => undefined },
    options: { bind: [], messages: 'keep' },
    networkInterfaces: () => ({}),
    blocked: { list: () => [], add: () => undefined, remove: () => undefined },
    unpaired: { list: () => [], add: async () => undefined, remove: async () => undefined },
    inBackground: inBackground({ logger }),
  } as unknown as System;
  return {
    system,
    peers,
    clock,
    own,
    logger,
    asked,
    /** What was asked with one request, in order. */
    inputsOf: (request: string) => inputs.filter((each) => each.request === request).map(({ input }) => input),
    bound: { endpointId, port: 1, directAddresses: [] },
    tell: (partName: PartName, event: string, payload: object): void => {
      for (const listener of listeners.get(`${partName}.${event}`) ?? []) listener(payload as never);
    },
    /** The part's worker has ended by itself. */
    crash: (name: PartName): void => {
      for (const listener of stateListeners.get(name) ?? []) listener({ state: 'crashed' });
    },
    /** The part's worker has started: what was to be done first is done. */
    becomeReady: async (name: PartName): Promise<void> => {
      for (const prepare of preparations.get(name) ?? []) await prepare();
    },
  };
};
