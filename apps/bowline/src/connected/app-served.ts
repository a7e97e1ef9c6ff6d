import { resolve } from 'node:path';
import type { EventListeners } from '@bowline/channel';
import {
  type AppChannel,
  type ChannelClient,
  type Clock,
  errorMessage,
  InvalidOptionError,
  type Logger,
  type RequestInput,
  type ServedTarget,
  type ServicesChannel,
} from '@bowline/contracts';
import {
  checkServeOptions,
  deviceStream,
  type Host,
  type ServiceHandler,
  serveStream,
  serviceHandler,
} from '@bowline/host';
import type { DaemonSession } from './daemon-session.ts';
import type { ViewMirror } from './view-mirror.ts';

/** What one app serves by a daemon's device. */
export interface AppServed {
  readonly serve: Host['serve'];
  /** Registers everything with a daemon that knows nothing of it. */
  registerAgain(request: DaemonSession['request']): Promise<void>;
  /** The daemon is gone: nothing is registered. */
  noteLost(): void;
  /** The app has stopped: it serves nothing any more. */
  end(): void;
}

interface OneServed {
  readonly registration: RequestInput<AppChannel, 'serve'>;
  readonly handler: ServiceHandler;
  readonly stopping: AbortController;
  isRegistered: boolean;
}

interface AppServedComponents {
  readonly session: DaemonSession;
  readonly mirror: ViewMirror;
  readonly listeners: EventListeners<AppChannel>;
  readonly client: ChannelClient<ServicesChannel>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export const appServed = (components: AppServedComponents): AppServed => {
  const { session, mirror, listeners, client, logger } = components;
  const own = new Map<string, OneServed>();

  const drop = (name: string, one: OneServed): boolean => {
    if (own.get(name) !== one) return false;
    own.delete(name);
    one.stopping.abort();
    one.handler.stop();
    return true;
  };

  listeners.on('stream.opened', ({ streamId, service, device }) => {
    const stream = deviceStream(client, streamId, service, device);
    const one = own.get(service);
    if (one === undefined) stream.reset();
    else serveStream(one.handler, stream, one.stopping.signal, logger);
  });
  mirror.onServed((names) => {
    // Somebody has ended it: another app, or a person at the command line.
    for (const [name, one] of [...own]) if (one.isRegistered && !names.has(name)) drop(name, one);
  });

  const serve: Host['serve'] = async (name, target, options) => {
    const local = checkServeOptions(target, options);
    const handler = serviceHandler(target, components);
    const registration = { name, ...options, target: local === null ? null : absolute(local) };
    const stopKept = async (): Promise<void> => void (await session.request('unserve', { name }));
    if (options.keep === true) {
      await session.request('serve', registration);
      return { name, stop: stopKept, [Symbol.asyncDispose]: stopKept };
    }
    if (own.has(name)) throw new InvalidOptionError('name', 'must not be served already', name);
    const one: OneServed = { registration, handler, stopping: new AbortController(), isRegistered: false };
    own.set(name, one);
    try {
      await session.request('serve', registration);
      one.isRegistered = true;
    } catch (error) {
      drop(name, one);
      throw error;
    }
    const stop = async (): Promise<void> => {
      if (!drop(name, one)) return;
      // With a daemon that is gone its registration has ended already.
      if (session.isConnected) await session.request('stopServing', { name });
    };
    return { name, stop, [Symbol.asyncDispose]: stop };
  };

  return {
    serve,
    registerAgain: async (request) => {
      for (const one of own.values()) {
        try {
          await request('serve', one.registration);
          one.isRegistered = true;
        } catch (error) {
          logger.error({ service: one.registration.name, reason: errorMessage(error) }, 'service not served again');
        }
      }
    },
    noteLost: () => {
      for (const one of own.values()) one.isRegistered = false;
    },
    end: () => {
      for (const [name, one] of [...own]) drop(name, one);
    },
  };
};

/** The daemon runs in another folder than the app. */
const absolute = (target: ServedTarget): ServedTarget =>
  'socket' in target && typeof target.socket === 'string' ? { ...target, socket: resolve(target.socket) } : target;
