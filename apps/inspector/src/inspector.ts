import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, errorCode, errorMessage, type Logger, type Random, type Startable } from '@bowline/contracts';
import { accessTokens } from './access-tokens.ts';
import { type AnswerComponents, answerRequest } from './answer-request.ts';
import { InspectorNotStartedError, InspectorPortTakenError } from './errors.ts';
import type { InspectedHost } from './inspected-host.ts';
import { type InspectorOptions, resolveInspectorOptions } from './options.ts';
import { readPageFiles } from './page-files.ts';
import { pageSessions } from './page-sessions.ts';
import { toldEvents } from './told-events.ts';

/** What the inspector needs. */
export interface InspectorComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The page of a running device. Started and stopped by whoever runs the host. */
export interface Inspector extends Startable {
  /** Where it listens: `http://127.0.0.1:<port>/`. @throws {@link InspectorNotStartedError} */
  readonly url: string;
  /** The same with a fresh one-time token in the fragment, which no server sees: a secret for one minute. */
  openUrl(): string;
}

/** Pages, actions and event streams a person has open, and room for one who opens many. */
const MAX_CONNECTIONS = 128;

/** Enough that no two runs have the same. */
const RUN_ID_BYTES = 8;

/** Loopback alone: whoever is elsewhere brings a tunnel of their own. */
const LISTEN_ADDRESS = '127.0.0.1';

/** A browser on this machine sends a head at once, and a body of 64 KiB soon after. */
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Serves the inspector's page, and what it shows, on loopback. It owns the listening socket, the sessions of pages and
 * the pairings they began; everything else it reads from the host.
 */
export const inspector =
  (input: Partial<InspectorOptions> = {}) =>
  (host: InspectedHost, { clock, random, logger }: InspectorComponents): Inspector => {
    const { port, refreshMs, pageFolder, command } = resolveInspectorOptions(input);
    const tokens = accessTokens({ clock, random });
    const told = toldEvents({ host, clock, runId: Buffer.from(random.bytes(RUN_ID_BYTES)).toString('hex') });
    const sessions = pageSessions(host, { clock, logger, refreshMs, tokens, told, command });
    let server: Server | undefined;

    const urlOf = (listening: Server | undefined): string => {
      const address = listening?.address() as AddressInfo | null | undefined;
      if (address === null || address === undefined) throw new InspectorNotStartedError();
      return `http://${LISTEN_ADDRESS}:${address.port}/`;
    };

    return {
      get url() {
        return urlOf(server);
      },
      openUrl: () => `${urlOf(server)}#${tokens.issue()}`,
      start: async () => {
        if (server !== undefined) return;
        const files = readPageFiles(pageFolder);
        const created = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS });
        created.maxConnections = MAX_CONNECTIONS;
        await listen(created, port);
        const { host: name } = new URL(urlOf(created));
        const hosts = [name, name.replace(LISTEN_ADDRESS, 'localhost')];
        const components: AnswerComponents = { host, tokens, sessions, files, hosts, logger };
        created.on('request', (request, response) => {
          answerRequest(request, response, components).catch((error: unknown) => {
            logger.debug({ reason: errorMessage(error) }, 'page left early');
            response.destroy();
          });
        });
        server = created;
      },
      stop: async () => {
        const closing = server;
        server = undefined;
        if (closing === undefined) return;
        sessions.close();
        const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
        closing.closeAllConnections();
        await closed;
      },
    };
  };

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(errorCode(error) === 'EADDRINUSE' ? new InspectorPortTakenError(port, error) : error);
    });
    server.listen({ host: LISTEN_ADDRESS, port, exclusive: true }, resolve);
  });
