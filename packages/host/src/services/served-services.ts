import {
  type Cancel,
  type Clock,
  type DeviceId,
  type EventPayload,
  errorCode,
  errorMessage,
  InvalidOptionError,
  type Logger,
  type ServedOffer,
  type ServedTarget,
  type ServiceOffer,
  type ServicesChannel,
} from '@bowline/contracts';
import type { SupervisedWorker } from '@bowline/supervisor';
import { checkFields } from '../check-fields.ts';
import type { PeerRegistry } from '../peers/peer-registry.ts';
import { type DeviceStream, deviceStream } from './device-stream.ts';
import type { KeptServices } from './kept-services.ts';
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
  /**
   * Whether it is served again whenever this host starts, until `unserve`: for programs on a port or socket alone.
   * Serving it again under its name replaces it. @defaultValue false
   */
  readonly keep?: boolean;
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
  /** Serves what is kept. */
  restore(): Promise<void>;
  /** Serves it no more, and does not keep it; answers whether it was served. */
  unserve(name: string): Promise<boolean>;
  list(): readonly ServedOffer[];
  readonly cancel: Cancel;
}

interface Served {
  readonly target: ServedTarget | null;
  readonly isKept: boolean;
  readonly offer: ServiceOffer;
  readonly handler: ServiceHandler;
  readonly stopping: AbortController;
}

interface ServedServicesComponents {
  readonly services: SupervisedWorker<ServicesChannel>;
  readonly peers: Pick<PeerRegistry, 'find' | 'get'>;
  readonly kept: KeptServices;
  readonly clock: Clock;
  readonly logger: Logger;
}

const SERVE_OPTION_NAMES = {
  allow: true,
  relay: true,
  maxStreams: true,
  keep: true,
} as const satisfies Record<keyof ServeOptions, true>;

/**
 * Where a program of this machine listens, if that is what is to be served.
 *
 * @throws {@link InvalidOptionError} for an option there is not, and where what is to be kept cannot be
 */
export const checkServeOptions = (target: ServiceTarget, options: ServeOptions): ServedTarget | null => {
  checkFields('serve', options, SERVE_OPTION_NAMES);
  const local = localTarget(target);
  if (options.keep === true && local === null) {
    throw new InvalidOptionError('keep', 'is for { port } and { socket } alone', true);
  }
  return local;
};

/** Serves one stream; a failure that is not the stream's own end is the handler's, and resets the stream. */
export const serveStream = (
  handler: ServiceHandler,
  stream: DeviceStream,
  signal: AbortSignal,
  logger: Logger,
): void => {
  const { service, device } = stream;
  handler.serve(stream, { device, signal }).catch((error: unknown) => {
    const code = errorCode(error);
    // What ended the stream is no failure of its handler.
    if (code?.startsWith('STREAM_') === true || code === 'DEVICE_REMOVED' || code === 'DAEMON_GONE') return;
    logger.warn({ service, deviceId: device.id, code, reason: errorMessage(error) }, 'handler of a service failed');
    stream.reset(1);
  });
};

export const servedServices = ({ services, peers, kept, clock, logger }: ServedServicesComponents): ServedServices => {
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
    serveStream(found.handler, stream, found.stopping.signal, logger);
  };

  const cancels = [services.onReady(tell), client.on('stream.opened', onOpened)];

  const begin = async (offer: ServiceOffer, target: ServiceTarget, isKept: boolean): Promise<Served> => {
    const handler = serviceHandler(target, { clock, logger });
    const one: Served = { target: localTarget(target), isKept, offer, handler, stopping: new AbortController() };
    const before = served.get(offer.name);
    served.set(offer.name, one);
    try {
      await tell();
    } catch (error) {
      handler.stop();
      if (before === undefined) served.delete(offer.name);
      else served.set(offer.name, before);
      throw error;
    }
    before?.stopping.abort();
    before?.handler.stop();
    return one;
  };
  const finish = async (name: string, one: Served | undefined): Promise<boolean> => {
    if (one === undefined || served.get(name) !== one) return false;
    served.delete(name);
    one.stopping.abort();
    one.handler.stop();
    await tell();
    return true;
  };

  return {
    serve: async (name, target, options) => {
      const local = checkServeOptions(target, options);
      const { allow, relay = 'allow', maxStreams = DEFAULT_MAX_STREAMS, keep = false } = options;
      const before = served.get(name);
      if (before !== undefined && !(keep && before.isKept)) {
        throw new InvalidOptionError('name', 'must not be served already', name);
      }
      const offer: ServiceOffer = { name, allow: devicesOf(allow, peers), relay, maxStreams };
      const one = await begin(offer, target, keep);
      if (keep && local !== null) await kept.put({ ...offer, target: local });
      const stop = async (): Promise<void> => void (await finish(name, one));
      return { name, stop, [Symbol.asyncDispose]: stop };
    },
    restore: async () => {
      for (const { target, ...offer } of kept.list()) {
        try {
          await begin(offer, target, true);
        } catch (error) {
          logger.error({ service: offer.name, reason: errorMessage(error) }, 'kept service not served');
        }
      }
    },
    unserve: async (name) => {
      const wasKept = await kept.remove(name);
      return (await finish(name, served.get(name))) || wasKept;
    },
    list: () => Array.from(served.values(), ({ offer, target }) => ({ ...offer, target })),
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

/** What can be kept: where a program listens. */
const localTarget = (target: ServiceTarget): ServedTarget | null => {
  if (typeof target !== 'object' || target === null || !('port' in target || 'socket' in target)) return null;
  const isRaw = target.isRaw === true ? { isRaw: true } : {};
  return 'port' in target ? { port: target.port, ...isRaw } : { socket: target.socket, ...isRaw };
};

const devicesOf = (allow: ServeOptions['allow'], peers: Pick<PeerRegistry, 'find'>): 'paired' | readonly DeviceId[] => {
  if (allow === 'paired') return allow;
  if (!Array.isArray(allow)) throw new InvalidOptionError('allow', 'must be "paired" or a list of devices', allow);
  return allow.map((query) => peers.find(query).id);
};
