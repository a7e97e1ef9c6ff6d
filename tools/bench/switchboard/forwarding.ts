import { encodeDatagramToRelay } from '@bowline/relay-protocol';
import { messageOf, type RawClient, rawClient, secretKeyOfSeed } from '../relay-load/raw-client.ts';
import type { RelayProcess } from '../relay-load/relay-process.ts';
import { switchboardProcess } from './switchboard-process.ts';

const CONTENT_BYTES = 1_200;
const ACKNOWLEDGEMENT_BYTES = 40;
const IN_FLIGHT = 32;
const WARM_UP_MS = 1_500;

/** Not zero: iroh masks what it sends. */
const MASK = 0x5a;

/** Bytes of one datagram on its way to a client: WebSocket header, type, key, ECN, contents. */
const DELIVERED_BYTES = 4 + 1 + 32 + 1 + CONTENT_BYTES;

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
  keepInFlight(sender, receiver, (count) => {
    delivered += count;
  });
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

/** Sends a datagram for each that arrived; what arrives together is answered with a small one, as QUIC acknowledges. */
const keepInFlight = (sender: RawClient, receiver: RawClient, onDelivered: (count: number) => void): void => {
  const datagram = datagramTo(receiver, CONTENT_BYTES);
  const acknowledgement = datagramTo(sender, ACKNOWLEDGEMENT_BYTES);
  const bursts = Array.from({ length: IN_FLIGHT + 1 }, (_, count) => Buffer.concat(Array(count).fill(datagram)));
  let receivedBytes = 0;
  receiver.socket.on('data', (chunk: Buffer) => {
    receivedBytes += chunk.length;
    const count = Math.floor(receivedBytes / DELIVERED_BYTES);
    receivedBytes -= count * DELIVERED_BYTES;
    if (count === 0) return;
    onDelivered(count);
    sender.socket.write(bursts[count] ?? Buffer.alloc(0));
    receiver.socket.write(acknowledgement);
  });
  sender.socket.resume();
  sender.socket.write(bursts[IN_FLIGHT] ?? Buffer.alloc(0));
};

const datagramTo = ({ endpointKey }: RawClient, sizeBytes: number): Buffer => {
  const contents = new Uint8Array(sizeBytes);
  return messageOf(encodeDatagramToRelay({ endpointKey, ecn: 0, segmentBytes: null, contents }), MASK);
};
