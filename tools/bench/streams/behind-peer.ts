/**
 * `behind-peer.ts sink|source [ADDRESS]`: streams of the binding in a process of its own, as Bowline places it, and nothing
 * else: each byte makes the same trips between processes.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WorkerOrder, WorkerReport } from './bare-worker.ts';
import { serveTasks, WRITE_BYTES } from './measured-peer.ts';

/** Writes of one stream under way at once. */
const MAX_WRITES = 4;

const args = process.argv.slice(2);
const worker = fork(fileURLToPath(new URL('./bare-worker.ts', import.meta.url)), args, { serialization: 'advanced' });
const order = (what: WorkerOrder): void => void worker.send(what as never);
const pids = async (): Promise<readonly number[]> => [process.pid, worker.pid ?? process.pid];

interface OpenStream {
  writes: number;
  onWritten: () => void;
  readonly ended: PromiseWithResolvers<void>;
}
const streams = new Map<number, OpenStream>();
let opened = 0;

const send = async (bytes: number): Promise<void> => {
  opened += 1;
  const id = opened;
  const stream: OpenStream = { writes: 0, onWritten: () => undefined, ended: Promise.withResolvers() };
  streams.set(id, stream);
  order(['open', id]);
  for (let left = bytes; left > 0; left -= WRITE_BYTES) {
    stream.writes += 1;
    order(['write', id, new Uint8Array(Math.min(left, WRITE_BYTES)), left <= WRITE_BYTES]);
    if (stream.writes < MAX_WRITES) continue;
    await new Promise<void>((resolve) => {
      stream.onWritten = resolve;
    });
  }
  await stream.ended.promise;
  streams.delete(id);
};

worker.on('message', ((what: WorkerReport) => {
  if (what[0] === 'address') {
    serveTasks({ send, pids });
    process.send?.({ address: what[1] });
  } else if (what[0] === 'written') {
    const stream = streams.get(what[1]);
    if (stream === undefined) return;
    stream.writes -= 1;
    stream.onWritten();
  } else if (what[0] === 'end') {
    if (args[0] === 'sink') order(['write', what[1], Uint8Array.of(1), true]);
    else streams.get(what[1])?.ended.resolve();
  }
}) as never);
