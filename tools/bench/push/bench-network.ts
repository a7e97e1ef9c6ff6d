import { buildTopology, type LabHost, type LabTopology } from '@bowline/testing/network-lab';

export const NETWORK_NAMES = ['loopback', 'cable', '100mbit', 'lossy'] as const;
export type NetworkName = (typeof NETWORK_NAMES)[number];

/** Where one side is. */
export interface BenchSide {
  readonly address: string;
  /** What to put before a command so that it runs there. */
  readonly within: readonly string[];
}

/** Both sides, and what is between them. */
export interface BenchNetwork extends AsyncDisposable {
  readonly sender: BenchSide;
  readonly receiver: BenchSide;
}

const HERE: BenchSide = { address: '127.0.0.1', within: [] };

/** 50 ms there and back, and one packet of a hundred lost in each direction. */
const LOSSY_LEG = { delayMs: 25, lossRatio: 0.01 };

/** As a switch of 100 Mbit/s with 50 ms of memory does. */
const SLOW = 'tc qdisc add dev eth0 root tbf rate 100mbit burst 32kb latency 50ms';

/** A packet at a time, as on a line: what the kernel joins would be lost together. */
const SINGLE_PACKETS = 'ip link set dev eth0 gso_max_segs 1';

/**
 * `loopback`: this machine alone. The others are network namespaces (Linux, root): `cable` two hosts on a switch, `100mbit` the
 * same with that rate (needs the kernel's `sch_tbf`), `lossy` with a long way between them.
 */
export const benchNetwork = async (name: NetworkName): Promise<BenchNetwork> => {
  if (name === 'loopback') return { sender: HERE, receiver: HERE, [Symbol.asyncDispose]: async () => undefined };
  const lan = { kind: 'lan', hosts: ['sender', 'receiver'] } as const satisfies LabTopology<'sender' | 'receiver'>;
  const room = await buildTopology<'sender' | 'receiver'>(name === 'lossy' ? { ...lan, leg: LOSSY_LEG } : lan);
  const { sender, receiver } = room.hosts;
  const script = name === '100mbit' ? SLOW : name === 'lossy' ? SINGLE_PACKETS : 'true';
  await Promise.all([sender, receiver].map((host: LabHost) => host.run('sh', '-c', script)));
  return { sender, receiver, [Symbol.asyncDispose]: () => room.dispose() };
};
