import { keepInFlight } from '../relay-load/keep-in-flight.ts';
import { type RawClient, rawClient, secretKeyOfSeed } from '../relay-load/raw-client.ts';
import type { RelayProcess } from '../relay-load/relay-process.ts';
import { switchboardProcess } from './switchboard-process.ts';

const WARM_UP_MS = 1_500;

/** Not zero: iroh masks what it sends. */
const MASK = 0x5a;

const [SENDER_SEED, RECEIVER_SEED] = [1, 2];

/** Who is behind a switchboard; whoever is not is logged in at the relay itself. */
export type BehindOne = 'nobody' | 'sender' | 'receiver';

/** CPU time for one datagram, microseconds, of the processes it passes. */
export interface ForwardingCost {
  /** 0 without one. */
  readonly switchboardMicros: number;
  readonly relayMicros: number;
  readonly datagramsPerSecond: number;
}

/** Keeps datagrams in flight from one client to another. */
export const forwardingCost = async (
  relay: RelayProcess,
  behind: BehindOne,
  seconds: number,
): Promise<ForwardingCost> => {
  await using stack = new AsyncDisposableStack();
  const seed = behind === 'sender' ? SENDER_SEED : RECEIVER_SEED;
  const switchboard = behind === 'nobody' ? null : await switchboardProcess(secretKeyOfSeed(seed), relay.port);
  stack.defer(() => switchboard?.end());
  const clientOf = async (who: BehindOne, itsSeed: number): Promise<RawClient> => {
    const client = await rawClient(who === behind && switchboard !== null ? switchboard.port : relay.port, itsSeed);
    stack.defer(() => void client.socket.destroy());
    return client;
  };
  const sender = await clientOf('sender', SENDER_SEED);
  const receiver = await clientOf('receiver', RECEIVER_SEED);
  let delivered = 0;
  const onDelivered = (count: number): void => {
    delivered += count;
  };
  keepInFlight(sender, receiver, onDelivered, { mask: MASK, isAcknowledged: true });
  await pause(WARM_UP_MS);
  const used = (): readonly number[] => [
    delivered,
    switchboard?.cpuMicros() ?? 0,
    relay.cpuMicros(),
    performance.now(),
  ];
  const before = used();
  await pause(seconds * 1_000);
  const [count, ...spent] = used().map((value, index) => value - (before[index] ?? 0)) as [number, ...number[]];
  const [switchboardMicros, relayMicros, elapsedMs] = spent as [number, number, number];
  return {
    switchboardMicros: switchboardMicros / count,
    relayMicros: relayMicros / count,
    datagramsPerSecond: (count * 1_000) / elapsedMs,
  };
};

const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));
