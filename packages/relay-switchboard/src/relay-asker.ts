import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type AskedRelay, type Clock, errorCode, errorMessage, UNAVAILABLE_STATUSES } from '@bowline/contracts';
import { usesProxy } from './http-proxy.ts';
import type { RelayDialerOptions } from './relay-dialer.ts';
import { openRelayLine, RelayLineError, type RelayLineOptions } from './relay-line.ts';
import { relayLookup } from './relay-lookup.ts';
import { relayReach } from './relay-reach.ts';
import type { RelayTarget } from './relay-transport.ts';
import { secureContextFor } from './relay-trust.ts';

// An import of `node:http` makes every one of its exports, `fetch` and `WebSocket` with them: 55 ms and 12 MB a process.
const { get } = process.getBuiltinModule('node:http');

/** Longest wait for a connection and an answer on it, milliseconds: TCP, proxy and TLS with a lost packet on a slow way. */
const ANSWER_TIMEOUT_MS = 4_000;

/** Longest detail, in characters: it may be words of whoever answers. */
const MAX_DETAIL_CHARACTERS = 200;

/** Asks a relay once. Never rejects: what keeps it from answering is the answer. */
export type AskRelay = (target: Pick<RelayTarget, 'url' | 'isConfigured'>, signal: AbortSignal) => Promise<AskedRelay>;

/** Opens the way to a relay's HTTP server, and says how it can be given up. */
interface Way {
  readonly ready: Promise<Socket>;
  destroy(): void;
}

/**
 * Asks relays `GET /ping`, as iroh itself does to measure them, on lines of the same kind as they are used on: the same
 * authorities, never past the proxy, and nowhere that a relay which was only named could not be. No identity is shown.
 */
export const relayAsker = (
  options: RelayDialerOptions,
  { clock, timeoutMs = ANSWER_TIMEOUT_MS }: { readonly clock: Clock; readonly timeoutMs?: number },
): AskRelay => {
  const allLines: RelayLineOptions = {
    lookup: relayLookup(clock),
    mayReach: relayReach(options.allowsThisMachine),
    proxy: options.proxy,
    secureContext: secureContextFor(options),
  };

  const ping = async (url: URL, way: Way, signal: AbortSignal) => {
    const end = (): void => way.destroy();
    // What is begun after its end is not told of it.
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    try {
      const line = await way.ready;
      const askedAtMs = clock.monotonicMs();
      const { status, date } = await pingAnswer(url, line);
      return { status, rttMs: clock.monotonicMs() - askedAtMs, clockAheadMs: clockAheadOf(date, clock) };
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  };

  /** What its clock says, where its certificate is not accepted: a hint for a person, from whoever answers. */
  const clockBehindCertificate = async (
    url: URL,
    lineOptions: RelayLineOptions,
    signal: AbortSignal,
  ): Promise<number | null> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      return (await ping(url, unverifiedWay(url, lineOptions), limit)).clockAheadMs;
    } catch {
      // Nothing is lost: the certificate is what is told.
      return null;
    }
  };

  return async (target, signal) => {
    const url = new URL(target.url);
    const lineOptions = { ...allLines, mayReach: target.isConfigured ? null : allLines.mayReach };
    const isProxied = options.proxy !== null && usesProxy(url, options.proxy);
    const timeout = AbortSignal.timeout(timeoutMs);
    const silent = { rttMs: null, clockAheadMs: null, isProxied };
    try {
      const { status, rttMs, clockAheadMs } = await ping(
        url,
        openRelayLine(url, lineOptions),
        AbortSignal.any([signal, timeout]),
      );
      if (status === 200) return { rttMs, clockAheadMs, isProxied, problem: null };
      const reason = UNAVAILABLE_STATUSES.has(status) ? 'unavailable' : 'http';
      return { ...silent, clockAheadMs, problem: { reason, detail: `it answered ${status}` } };
    } catch (error) {
      if (timeout.aborted) return { ...silent, problem: { reason: 'timeout', detail: 'no answer' } };
      const reason = error instanceof RelayLineError ? error.reason : 'protocol';
      const isRefused = reason === 'certificateDates' || reason === 'tls';
      return {
        ...silent,
        clockAheadMs: isRefused ? await clockBehindCertificate(url, lineOptions, signal) : null,
        problem: { reason, detail: detailOf(error) },
      };
    }
  };
};

/** A code says more than a sentence that wraps it, which may also name addresses. */
const detailOf = (error: unknown): string => {
  const cause = error instanceof RelayLineError ? error.cause : error;
  return (errorCode(cause) ?? errorMessage(cause)).slice(0, MAX_DETAIL_CHARACTERS);
};

/** The way as far as TLS, and TLS without a look at the certificate. Nothing but the question goes over it. */
const unverifiedWay = (url: URL, options: RelayLineOptions): Way => {
  const plain = new URL(url);
  plain.protocol = 'http:';
  // The port that `https:` leaves out.
  if (url.port === '') plain.port = '443';
  const line = openRelayLine(plain, options);
  const secure = async (): Promise<Socket> => {
    const socket = await line.ready;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const tls = connectTls({
      socket,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    await new Promise<void>((resolve, reject) => {
      tls.once('secureConnect', resolve);
      tls.once('error', reject);
      socket.once('close', () => reject(new Error('the connection was closed before it was ready')));
    });
    return tls;
  };
  return { ready: secure(), destroy: () => line.destroy() };
};

const pingAnswer = (url: URL, line: Socket): Promise<{ readonly status: number; readonly date: string | undefined }> =>
  new Promise((resolve, reject) => {
    const read = (response: IncomingMessage): void => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, date: response.headers.date });
    };
    const headers = { host: url.host, connection: 'close' };
    const request = get({ path: '/ping', headers, createConnection: () => line }, read);
    request.on('error', reject);
    line.once('close', () => reject(new Error('the connection ended before the answer')));
  });

/** The header is cut off to seconds (RFC 9110 section 5.6.7), so on average half a second is missing from it. */
const clockAheadOf = (date: string | undefined, clock: Clock): number | null => {
  const saidAtMs = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(saidAtMs) ? null : Math.round(clock.nowMs() - saidAtMs - 500);
};
