import { lookup } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import {
  type Clock,
  errorMessage,
  type Logger,
  type RelayObserver,
  type RelayUrl,
  socketAddressOf,
} from '@bowline/contracts';
import { MAX_OBSERVERS_BYTES, OBSERVER_PATH, type ObserverEndpoint, readObservers } from '@bowline/observe-protocol';
import { usesProxy } from './http-proxy.ts';
import type { RelayDialerOptions } from './relay-dialer.ts';
import { openRelayLine } from './relay-line.ts';
import { relayLookup } from './relay-lookup.ts';
import { secureContextFor } from './relay-trust.ts';

// An import of `node:http` makes every one of its exports, `fetch` and `WebSocket` with them: 55 ms and 12 MB a process.
const { get } = process.getBuiltinModule('node:http');

/** Longest time for the whole answer, milliseconds: more than a slow TLS handshake takes. */
const ANSWER_TIMEOUT_MS = 8_000;

/** Most addresses of a relay that are passed on. */
const MAX_RELAY_ADDRESSES = 4;

/** Finds the observers beside a relay; `null` when it does not answer, which is logged. */
export type FindObservers = (relayUrl: RelayUrl, signal: AbortSignal) => Promise<readonly RelayObserver[] | null>;

/** Asks relays on lines of the same kind as they are used on: the same authorities, and nothing of a relay behind a proxy. */
export const observerFinder = (
  options: RelayDialerOptions,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): FindObservers => {
  const lineOptions = {
    lookup: relayLookup(clock),
    mayReach: null,
    proxy: null,
    secureContext: secureContextFor(options),
  };

  const ask = async (url: URL, signal: AbortSignal): Promise<readonly ObserverEndpoint[]> => {
    const line = openRelayLine(url, lineOptions);
    const end = (): void => line.destroy();
    signal.addEventListener('abort', end, { once: true });
    try {
      const text = await getText(url, await line.ready);
      return (text === undefined ? undefined : readObservers(text)) ?? [];
    } finally {
      signal.removeEventListener('abort', end);
      line.destroy();
    }
  };

  return async (relayUrl, signal) => {
    const url = new URL(relayUrl);
    if (options.proxy !== null && usesProxy(url, options.proxy)) return [];
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
      const observers = await ask(url, limit);
      if (observers.length === 0) return [];
      const ips = await addressesOf(url);
      return observers.map(({ endpointId, port }) => ({
        endpointId,
        directAddresses: ips.map((ip) => socketAddressOf(ip, port)),
      }));
    } catch (error) {
      logger.debug({ relayUrl, reason: errorMessage(error) }, 'relay did not tell of observers');
      return null;
    }
  };
};

/** The body of a plain 200, `undefined` for any other answer and for one longer than a list can be. */
const getText = (url: URL, line: Socket): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const read = (response: IncomingMessage): void => {
      if (response.statusCode !== 200) {
        resolve(undefined);
        return;
      }
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_OBSERVERS_BYTES) resolve(undefined);
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    };
    const request = get(
      { path: OBSERVER_PATH, headers: { host: url.host, connection: 'close' }, createConnection: () => line },
      read,
    );
    request.on('error', reject);
    line.once('close', () => reject(new Error('the connection ended before the answer')));
  });

const addressesOf = async (url: URL): Promise<readonly string[]> => {
  const found = await lookup(url.hostname.replace(/^\[|\]$/g, ''), { all: true });
  const ofFamily = (family: 4 | 6) => found.filter((each) => each.family === family).map(({ address }) => address);
  const ipv4 = ofFamily(4);
  return (ipv4.length > 0 ? ipv4 : ofFamily(6)).slice(0, MAX_RELAY_ADDRESSES);
};
