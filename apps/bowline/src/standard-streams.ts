import type { Duplex } from 'node:stream';

/** Passes standard input to a stream and the stream to standard output, until the other side has ended. Rejects when it fails. */
export const joinStandardStreams = async (duplex: Duplex, signal: AbortSignal): Promise<void> => {
  signal.addEventListener('abort', () => duplex.destroy(), { once: true });
  process.stdin.pipe(duplex);
  duplex.pipe(process.stdout, { end: false });
  await new Promise<void>((resolve, reject) => {
    duplex.once('end', () => {
      // Whoever has ended takes no more of our input; what it did not take is of no use to it.
      process.stdin.unpipe(duplex);
      process.stdin.pause();
      if (!duplex.writableEnded) duplex.end();
      duplex.once('close', () => resolve());
    });
    duplex.once('error', reject);
    duplex.once('close', () => resolve());
  });
  process.stdin.destroy();
};
