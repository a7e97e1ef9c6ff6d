import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, InvalidOptionError, type Logger } from '@bowline/contracts';
import type { StreamPeer } from './device-stream.ts';
import { httpGateway, joinStreams, localAddress } from './http-gateway.ts';

/** Where a served program listens. */
export type LocalTarget = ({ readonly port: number } | { readonly socket: string }) & {
  /**
   * Passes bytes as they are, whatever they are: the program must not believe `Bowline-Device` headers then, because
   * anybody who may use the service can write them. @defaultValue false
   */
  readonly isRaw?: boolean;
};

/** A client that has said nothing for so long may be waiting for its server. */
const SERVER_SPEAKS_FIRST_MS = 200;

/** Longest first line that is waited for. */
const MAX_FIRST_LINE_BYTES = 65_536;

/** What is known of the protocol by its client's first bytes. */
type Verdict = 'http' | 'other' | 'unknown' | 'too-long';

/** Whether a client speaks HTTP/1: by its whole first line, since what looks like its beginning may be anything. */
export const judgeFirstBytes = (bytes: Uint8Array): Verdict => {
  // Servers overlook empty lines before a request.
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/^[\r\n]+/, '');
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end);
  if (end >= 0) return /[ \t]HTTP\/\d/i.test(line) ? 'http' : 'other';
  if (/[^\t\r\x20-\xff]/.test(line)) return 'other';
  return bytes.byteLength > MAX_FIRST_LINE_BYTES ? 'too-long' : 'unknown';
};

/** What serving a program needs. */
export interface LocalServiceComponents {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Serves streams by a program that listens on this machine. HTTP is told who calls; anything else goes through as it is. */
export const localService = (
  target: LocalTarget,
  { clock, logger }: LocalServiceComponents,
): ((duplex: Duplex, device: StreamPeer) => void) => {
  const address = localAddress(checkTarget(target));
  const gateway = httpGateway(target, logger);
  const dial = (): Socket => connect({ ...address, allowHalfOpen: true });

  return (duplex, device) => {
    if (target.isRaw === true) {
      joinStreams(duplex, dial());
      return;
    }
    let seen: Buffer = Buffer.alloc(0);
    let upstream: Socket | null = null;
    let spoken: Buffer = Buffer.alloc(0);

    const settle = (): void => {
      cancelTimer();
      duplex.removeListener('readable', look);
      duplex.removeListener('close', giveUp);
      upstream?.removeAllListeners('data');
      upstream?.removeAllListeners('error');
      if (seen.byteLength > 0) duplex.unshift(seen);
    };
    const goRaw = (): void => {
      settle();
      const other = upstream ?? dial();
      if (spoken.byteLength > 0) duplex.write(spoken);
      joinStreams(duplex, other);
    };
    const giveUp = (): void => {
      settle();
      upstream?.destroy();
      duplex.destroy();
    };
    const look = (): void => {
      const chunk: Buffer | null = duplex.read();
      if (chunk !== null) seen = Buffer.concat([seen, chunk]);
      const verdict = judgeFirstBytes(seen);
      if (verdict === 'http') {
        settle();
        upstream?.destroy();
        gateway.take(duplex, device);
      } else if (verdict === 'other' || duplex.readableEnded) goRaw();
      else if (verdict === 'too-long') {
        logger.info({}, 'stream to a served program begins with no line, serve it raw');
        giveUp();
      }
    };
    // A server of HTTP never speaks first, so one that does is none, and until it has, its client may still be one.
    const listenFirst = (): void => {
      upstream = dial();
      upstream.once('data', (data) => {
        spoken = data;
        upstream?.pause();
        goRaw();
      });
      upstream.once('error', giveUp);
    };
    const cancelTimer = clock.setTimer(SERVER_SPEAKS_FIRST_MS, listenFirst);
    duplex.on('readable', look);
    duplex.once('close', giveUp);
    duplex.on('error', (error) => logger.debug({ reason: error.message }, 'stream to a served program ended'));
  };
};

const checkTarget = (target: LocalTarget): LocalTarget => {
  if ('port' in target) {
    if (Number.isInteger(target.port) && target.port >= 1 && target.port <= 65_535) return target;
    throw new InvalidOptionError('port', 'must be a port, 1 to 65535', target.port);
  }
  if (typeof target.socket === 'string' && target.socket !== '') return target;
  throw new InvalidOptionError('socket', 'must be a path', target.socket);
};
