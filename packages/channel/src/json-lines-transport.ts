import type { Readable, Writable } from 'node:stream';
import { errorMessage } from '@bowline/contracts';
import { MESSAGE } from './channel-message.ts';
import { toErrorEnvelope } from './error-envelope.ts';
import { BadMessageError } from './errors.ts';
import { fromJsonLine, toJsonLine } from './json-line-codec.ts';
import { lineSplitter } from './line-splitter.ts';
import type { Transport, TransportListener } from './transport.ts';

/** Longest line read, in bytes: the largest payload between our processes, a journal page, is well below it. */
export const MAX_LINE_BYTES = 8 * 1_024 * 1_024;

/** Bytes written but not yet taken by the reader, above which it counts as gone: eight of the longest lines. */
const MAX_UNREAD_BYTES = 8 * MAX_LINE_BYTES;

/** Options of {@link jsonLinesTransport}. */
export interface JsonLinesOptions {
  /** Longest line read, in bytes. @defaultValue {@link MAX_LINE_BYTES} */
  readonly maxLineBytes?: number;
}

/**
 * A {@link Transport} of one JSON object on each line, for pipes and shells. A line that is no message is answered
 * with a `failure` line whose id is `null`, and the channel goes on.
 *
 * The streams' end or failure is the end of the channel; `close` ends both (a standard stream of the process is only let go).
 */
export const jsonLinesTransport = (
  readable: Readable,
  writable: Writable,
  { maxLineBytes = MAX_LINE_BYTES }: JsonLinesOptions = {},
): Transport => {
  let isClosed = false;
  let listener: TransportListener | undefined;
  /** Why it ended before anybody listened. */
  let earlyEnd: string | undefined;

  const write = (line: string): void => {
    if (isClosed || !writable.writable) return;
    writable.write(`${line}\n`);
    if (writable.writableLength > MAX_UNREAD_BYTES) end('the reader does not keep up');
  };
  const answerBadLine = (error: unknown): void => write(toJsonLine([MESSAGE.failure, null, toErrorEnvelope(error)]));
  const splitter = lineSplitter(maxLineBytes, {
    onLine: (line) => {
      if (isClosed) return;
      let message: ReturnType<typeof fromJsonLine>;
      try {
        message = fromJsonLine(line);
      } catch (error) {
        answerBadLine(error);
        return;
      }
      listener?.onMessage(message);
    },
    onOverlongLine: () => answerBadLine(new BadMessageError(`the line is longer than ${maxLineBytes} bytes`)),
  });
  const onData = (chunk: Uint8Array | string): void =>
    splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  const onReadEnd = (): void => end('the input ended');
  const onFailure = (error: Error): void => end(`a stream failed (${errorMessage(error)})`);
  const end = (reason: string): void => {
    if (isClosed) return;
    close();
    if (listener === undefined) earlyEnd = reason;
    else listener.onClose(reason);
  };
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    readable.off('data', onData);
    if (writable !== process.stdout) writable.end();
    if (readable === process.stdin) releaseStandardInput();
    // A socket is both, and is still to send what was written.
    else if (!Object.is(readable, writable)) readable.destroy();
  };

  // Attached before `listen` and never removed: a broken pipe must not become an uncaught error at any time.
  readable.on('error', onFailure);
  writable.on('error', onFailure);
  return {
    post: (message) => {
      const line = toJsonLine(message);
      // The other side passes over what it cannot read, and whoever asked would wait in vain.
      if (Buffer.byteLength(line) > MAX_LINE_BYTES) {
        throw new RangeError(`its JSON has more than the ${MAX_LINE_BYTES} bytes of a line`);
      }
      write(line);
    },
    listen: (heard) => {
      listener = heard;
      const { onClose } = heard;
      if (earlyEnd !== undefined) queueMicrotask(onClose.bind(heard, earlyEnd));
      readable.on('data', onData);
      readable.once('end', onReadEnd);
      readable.once('close', onReadEnd);
      writable.once('close', () => end('the output ended'));
      if (readable.readableEnded || readable.destroyed) queueMicrotask(onReadEnd);
    },
    close,
  };
};

/** Lets the process end although its input goes on; closing descriptor 0 would hand its number to the next file opened. */
const releaseStandardInput = (): void => {
  process.stdin.pause();
  // A file has nothing to let go of, and no `unref`.
  if ('unref' in process.stdin) process.stdin.unref();
};
