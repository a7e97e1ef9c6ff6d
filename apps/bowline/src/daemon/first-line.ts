import type { Readable } from 'node:stream';
import type { Clock } from '@bowline/contracts';

/** Longest line of a proof, in bytes. */
const MAX_LINE_BYTES = 512;

const LINE_FEED = 0x0a;

/** Takes one short line off the front of a stream and leaves the rest in it. Rejects when none comes in time. */
export const firstLine = (input: Readable, clock: Clock, deadlineMs: number): Promise<string> =>
  new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0);
    const settle = (): void => {
      cancel();
      input.off('readable', onReadable);
      input.off('end', onEnd);
      input.off('close', onEnd);
      input.off('error', onEnd);
    };
    const fail = (problem: string): void => {
      settle();
      reject(new Error(problem));
    };
    const onEnd = (): void => fail('the other side ended');
    const onReadable = (): void => {
      const chunk: Buffer | null = input.read();
      if (chunk === null) return;
      held = Buffer.concat([held, chunk]);
      const end = held.indexOf(LINE_FEED);
      const isWhole = end !== -1;
      if ((isWhole ? end : held.byteLength) > MAX_LINE_BYTES) fail('the line is too long');
      if (!isWhole || end > MAX_LINE_BYTES) return;
      settle();
      if (held.byteLength > end + 1) input.unshift(held.subarray(end + 1));
      resolve(held.toString('utf8', 0, end));
    };
    const cancel = clock.setTimer(deadlineMs, () => fail(`nothing came within ${deadlineMs} ms`));
    input.on('readable', onReadable);
    for (const event of ['end', 'close', 'error']) input.once(event, onEnd);
  });
