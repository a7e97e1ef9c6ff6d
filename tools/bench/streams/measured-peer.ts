import { readFileSync } from 'node:fs';

/** What both kinds of peers can be told to do, over the channel to the process that measures. */
export interface MeasuredPeer {
  /** Sends so many bytes on a stream of its own, ends it, and resolves when the other side has answered that it has all. */
  send(bytes: number): Promise<void>;
  /** Opens a stream and leaves it open and silent; where nothing is measured of that, it is absent. */
  hold?(): Promise<void>;
  /** Sends a small word every {@link ECHO_MS} for so long, and gives the longest time without one coming back, milliseconds. */
  echo?(forMs: number): Promise<number>;
  /** The relay that its packets go through, where they do. */
  relay?(): Promise<string | null>;
  /** Processes that work for this peer, its own included. */
  pids(): Promise<readonly number[]>;
}

/** A task for a peer that sends. */
export interface Task {
  /** Streams one after the other, or all at once. */
  readonly streams: number;
  readonly atOnce: boolean;
  readonly bytes: number;
}

/** What a peer can be told. */
export type Order = Task | 'pids' | 'hold' | 'relay' | { readonly echoForMs: number };

/** What came of a task: how long each stream took, and all of them, milliseconds. */
export interface TaskResult {
  readonly eachMs: readonly number[];
  readonly elapsedMs: number;
}

/** Between two words of an echo, milliseconds. */
export const ECHO_MS = 5;

/** Data of one write. */
export const WRITE_BYTES = 61_440;

export const runTask = async (peer: MeasuredPeer, { streams, atOnce, bytes }: Task): Promise<TaskResult> => {
  const eachMs: number[] = [];
  const one = async (): Promise<void> => {
    const startedAtMs = performance.now();
    await peer.send(bytes);
    eachMs.push(performance.now() - startedAtMs);
  };
  const startedAtMs = performance.now();
  if (atOnce) await Promise.all(Array.from({ length: streams }, one));
  else for (let done = 0; done < streams; done += 1) await one();
  return { eachMs, elapsedMs: performance.now() - startedAtMs };
};

/** CPU time of processes so far, milliseconds; Linux alone tells it of others. */
export const cpuMsOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    // Behind the name, which may hold anything: state, and from the 12th on the ticks of user and system, 10 ms each.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) * 10;
  }, 0);

/** Serves tasks to the process that started this one, and ends with it. */
export const serveTasks = (peer: MeasuredPeer): void => {
  process.once('disconnect', () => process.exit());
  const carryOut = (order: Order): Promise<unknown> | undefined => {
    if (order === 'pids') return peer.pids();
    if (order === 'relay') return peer.relay?.();
    if (typeof order === 'object' && 'echoForMs' in order) return peer.echo?.(order.echoForMs);
    return order === 'hold' ? peer.hold?.() : runTask(peer, order);
  };
  process.on('message', async ({ id, task }: { readonly id: number; readonly task: Order }) => {
    process.send?.({ id, result: await carryOut(task) });
  });
};
