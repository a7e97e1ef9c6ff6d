import {
  type Cancel,
  type DeviceId,
  type EventPayload,
  errorCode,
  errorMessage,
  InvalidOptionError,
  type Logger,
  type ServiceOffer,
  type ServicesChannel,
} from '@bowline/contracts';
import type { SupervisedWorker } from '@bowline/supervisor';
import type { PeerRegistry } from '../peers/peer-registry.ts';
import { deviceStream } from './device-stream.ts';
import { type ServiceHandler, type ServiceTarget, serviceHandler } from './service-handler.ts';

/** Streams of one service that one device may have open at once, unless said. */
const DEFAULT_MAX_STREAMS = 32;

/** Who may use a service, and how. */
export interface ServeOptions {
  /** Every paired device, or these: by id, the beginning of an id, or name. Nobody may unless said. */
  readonly allow: 'paired' | readonly string[];
  /** Whether its bytes may go through relays, and how many in a day (UTC, both directions). @defaultValue `'allow'` */
  readonly relay?: 'allow' | 'deny' | { readonly bytesPerDay: number };
  /** Streams one device may have open at once, 1 to 256. @defaultValue 32 */
  readonly maxStreams?: number;
}

/** Something that is served. */
export interface ServedService extends AsyncDisposable {
  readonly name: string;
  /** Serves it no more; its streams are reset. */
  stop(): Promise<void>;
}

/** What this device serves while it runs. */
export interface ServedServices {
  /** @throws `INVALID_OPTION`, `DEVICE_NOT_FOUND`, `DEVICE_AMBIGUOUS`, and `SERVICE_NAME_IN_USE` */
  serve(name: string, target: ServiceTarget, options: ServeOptions): Promise<ServedService>;
  list(): readonly ServiceOffer[];
  readonly cancel: Cancel;
}

interface Served {
  readonly offer: ServiceOffer;
  readonly handler: ServiceHandler;
  readonly stopping: AbortController;
}

interface ServedServicesParts {
  readonly services: SupervisedWorker<ServicesChannel>;
  readonly peers: Pick<PeerRegistry, 'find' | 'get'>;
  readonly logger: Logger;
}

const SERVE_OPTIONS: ReadonlySet<string> = new Set(['allow', 'relay', 'maxStreams']);

export const servedServices = ({ services, peers, logger }: ServedServicesParts): ServedServices => {
  const served = new Map<string, Served>();
  const { client } = services;

  const tell = (): Promise<void> =>
    client.request('setServices', { services: Array.from(served.values(), ({ offer }) => offer) });

  const onOpened = ({ streamId, deviceId, service }: EventPayload<ServicesChannel, 'stream.opened'>): void => {
    const found = served.get(service);
    const device = peers.get(deviceId)?.device;
    if (found === undefined || device === undefined) {
      client.request('reset', { streamId, code: 0 }).catch(() => undefined);
      return;
    }
    const { id, name } = device;
    const stream = deviceStream(client, streamId, service, { id, name });
    const { signal } = found.stopping;
    found.handler.serve(stream, { device: stream.device, signal }).catch((error: unknown) => {
      const code = errorCode(error);
      // What ended the stream is no failure of its handler.
      if (code?.startsWith('STREAM_') === true || code === 'DEVICE_REMOVED') return;
      logger.warn({ service, deviceId, code, reason: errorMessage(error) }, 'handler of a service failed');
      stream.reset(1);
    });
  };

  const cancels = [services.onReady(tell), client.on('stream.opened', onOpened)];

  return {
    serve: async (name, target, options) => {
      for (const field of Object.keys(options)) {
        if (!SERVE_OPTIONS.has(field)) throw new InvalidOptionError(field, 'is not an option of serve', field);
      }
      if (served.has(name)) throw new InvalidOptionError('name', 'must not be served already', name);
      const { allow, relay = 'allow', maxStreams = DEFAULT_MAX_STREAMS } = options;
      const offer: ServiceOffer = { name, allow: devicesOf(allow, peers), relay, maxStreams };
      const one: Served = { offer, handler: serviceHandler(target, logger), stopping: new AbortController() };
      served.set(name, one);
      const stop = async (): Promise<void> => {
        if (served.get(name) !== one) return;
        served.delete(name);
        one.stopping.abort();
        one.handler.stop();
        await tell();
      };
      try {
        await tell();
      } catch (error) {
        served.delete(name);
        one.handler.stop();
        throw error;
      }
      return { name, stop, [Symbol.asyncDispose]: stop };
    },
    list: () => Array.from(served.values(), ({ offer }) => offer),
    cancel: () => {
      for (const cancel of cancels) cancel();
      for (const { stopping, handler } of served.values()) {
        stopping.abort();
        handler.stop();
      }
      served.clear();
    },
  };
};

const devicesOf = (allow: ServeOptions['allow'], peers: Pick<PeerRegistry, 'find'>): 'paired' | readonly DeviceId[] => {
  if (allow === 'paired') return allow;
  if (!Array.isArray(allow)) throw new InvalidOptionError('allow', 'must be "paired" or a list of devices', allow);
  return allow.map((query) => peers.find(query).id);
};
