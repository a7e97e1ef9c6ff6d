import type { Readable, Writable } from 'node:stream';
import { jsonLinesTransport } from '@bowline/channel';
import type { ChannelDefinition, Logger, LogLevel, WorkerDefinition } from '@bowline/contracts';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { type ServedWorker, serveWorker } from './serve-worker.ts';

/** Where a worker reads, writes and logs. */
export interface JsonLinesWorkerOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** A logger for all levels, or what makes one for the level the hello asks for. It must not write to `output`. */
  readonly logger: Logger | ((level: LogLevel) => Logger);
}

/**
 * Serves a worker as JSON lines, in this process. The first line read is the hello:
 * `{"type":"hello","channel":"<name>","version":<n>,"options":{...},"logLevel":"debug"}`.
 * It ends with the input, with a `bye` line, or with `stop`.
 */
export const serveWorkerOnJsonLines = <C extends ChannelDefinition, Options>(
  definition: WorkerDefinition<C, Options>,
  { input, output, logger }: JsonLinesWorkerOptions,
): ServedWorker =>
  serveWorker(definition, jsonLinesTransport(input, output), {
    clock: systemClock,
    random: systemRandom,
    loggerFor: typeof logger === 'function' ? logger : () => logger,
  });
