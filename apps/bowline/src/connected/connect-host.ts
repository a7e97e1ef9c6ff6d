import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { eventListeners } from '@bowline/channel';
import { type AppChannel, type Cancel, errorMessage, type HostView } from '@bowline/contracts';
import {
  abortable,
  checkExplainOptions,
  checkFields,
  checkPushOptions,
  deviceHandle,
  eventHub,
  findDevice,
  type Host,
  type HostComponents,
  HostNotRunningError,
  inBackground,
  mountedInspectors,
  pairingHandles,
  resolveJoinOptions,
  resolvePairOptions,
} from '@bowline/host';
import { createLogger } from '@bowline/logging';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { appMachines } from './app-machines.ts';
import { appMessages } from './app-messages.ts';
import { appServed } from './app-served.ts';
import { type DaemonSession, daemonSession } from './daemon-session.ts';
import { servicesClient } from './services-client.ts';
import { viewMirror } from './view-mirror.ts';

/** Which daemon an app is connected to. */
export interface ConnectHostOptions {
  /** Folder of the device whose daemon runs (`bowline up`). */
  readonly dataDir: string;
}

/**
 * A {@link Host} that a running daemon is. `start` connects and `stop` disconnects; the daemon goes on. It rejects with
 * `DAEMON_NOT_RUNNING` where none runs, and with `DAEMON_FOREIGN` where what runs is not this user's own.
 *
 * What an app registers ends with its connection: services that it serves itself or that are not kept, streams, pairing
 * sessions, pushes and its turn to take messages. Of several apps with a handler of messages one takes them, the first; when
 * it is gone, the next.
 *
 * When the daemon ends or is restarted, everything under way rejects with `DAEMON_GONE`, as calls do until it is back. Then
 * listeners, device handles, the handler of messages and what is served are as they were; streams, requests, pairing sessions
 * and pushes are not. Events meanwhile are not told later; the journal has them.
 */
export interface ConnectedHost extends Host {
  readonly isConnected: boolean;
  /** Hears when the daemon is gone, and when it is back. */
  onConnected(listener: (isConnected: boolean) => void): Cancel;
}

/** @throws INVALID_OPTION for options there are not; nothing is connected before `start` */
export const connectHost = (
  options: ConnectHostOptions,
  given: Partial<Pick<HostComponents, 'logger' | 'clock' | 'random'>> = {},
): ConnectedHost => {
  checkFields('', options, { dataDir: true });
  const dataDir = resolve(options.dataDir);
  const components = {
    logger: given.logger ?? createLogger({ level: 'warn' }),
    clock: given.clock ?? systemClock,
    random: given.random ?? systemRandom,
  };
  const { logger } = components;
  const listeners = eventListeners<AppChannel>(logger);
  const hub = eventHub(components);
  const mirror = viewMirror(listeners);
  const lostListeners = new Set<(reason: Error) => void>();
  const connectedListeners = new Set<(isConnected: boolean) => void>();
  listeners.on('told', ({ told }) => hub.tell(told));

  const session: DaemonSession = daemonSession(dataDir, {
    ...components,
    listeners,
    onUp: async (channel) => {
      mirror.set(await channel.request('watch', {}));
      await messages.registerAgain(channel.request.bind(channel));
      await served.registerAgain(channel.request.bind(channel));
      await machines.registerAgain(channel.request.bind(channel));
      if (services.isHearing) await channel.request('hearDatagrams', { isHearing: true });
    },
    onChange: (lost) => {
      if (lost !== null) {
        served.noteLost();
        mirror.setOffline();
        for (const listener of [...lostListeners]) listener(lost);
      }
      for (const listener of [...connectedListeners]) {
        try {
          listener(lost === null);
        } catch (error) {
          logger.error({ reason: errorMessage(error) }, 'event listener failed');
        }
      }
    },
  });
  const services = servicesClient(session, listeners, logger);
  const served = appServed({ ...components, session, mirror, listeners, client: services.client });
  const messages = appMessages({ session, listeners, logger });
  const machines = appMachines({ session, listeners, logger });
  const inspectors = mountedInspectors(components);
  const pairings = pairingHandles({
    ...components,
    hub,
    inBackground: inBackground(components),
    decide: (input) => session.request('decide', input),
    cancel: (sessionId) => session.request('cancel', { sessionId }),
    onLost: (listener) => {
      lostListeners.add(listener);
      return () => {
        lostListeners.delete(listener);
      };
    },
  });

  const view = (): HostView => {
    if (!session.isStarted || mirror.view === null) throw new HostNotRunningError();
    return mirror.view;
  };
  const stop = async (): Promise<void> => {
    await inspectors.stop();
    session.stop();
    served.end();
    machines.end();
  };
  const block: Host['block'] = (device) => session.request('block', { device });
  const withSignal = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });

  const host: ConnectedHost = {
    start: session.start,
    stop,
    [Symbol.asyncDispose]: stop,
    get isConnected() {
      return session.isConnected;
    },
    onConnected: (listener) => {
      const own = (isConnected: boolean): void => listener(isConnected);
      connectedListeners.add(own);
      return () => {
        connectedListeners.delete(own);
      };
    },
    get self() {
      return view().self;
    },
    devices: () => view().devices,
    findDevice: (query) => findDevice(view().devices, query),
    device: (query) => {
      const { id } = findDevice(view().devices, query);
      const { presence, nameOf } = mirror;
      const { send } = messages;
      return deviceHandle({ ...components, services: services.client, presence, nameOf, hub, send, block }, id);
    },
    serve: (name, target, serveOptions) => served.serve(name, target, serveOptions),
    served: () => view().served,
    unserve: async (name) => (await session.request('unserve', { name })).wasServed,
    streams: async () => (await session.request('streams', {})).streams,
    pair: async (pairOptions = {}) => {
      const resolved = resolvePairOptions(pairOptions);
      return pairings.offer(() => session.request('pair', resolved));
    },
    join: async (code, joinOptions = {}) => {
      const { sessionId, ...resolved } = resolveJoinOptions(joinOptions);
      const { signal } = joinOptions;
      return abortable(signal, () =>
        pairings.join((id) => session.request('join', { ...resolved, code, sessionId: id }), { sessionId, signal }),
      );
    },
    send: messages.send,
    onMessage: messages.onMessage,
    messages: async ({ deviceId = null, afterPosition = 0, limit = 1_000 } = {}) =>
      (await session.request('messages', { deviceId, afterPosition, limit } as never)).messages,
    takeMessages: async (positions) => (await session.request('takeMessages', { positions })).taken,
    push: async (deviceId, paths, pushOptions = {}) => {
      checkPushOptions(pushOptions);
      const { signal, onProgress = () => undefined } = pushOptions;
      const pushId = randomBytes(16).toString('hex');
      const cancel = listeners.on('push.progressed', (told) => {
        if (told.pushId === pushId) onProgress(told.progress);
      });
      try {
        const asked = { deviceId, paths, pushId };
        return await abortable(signal, () => session.request('push', asked, withSignal(signal)));
      } finally {
        cancel();
      }
    },
    receive: (receiveOptions) => session.request('receive', receiveOptions),
    receiveOff: async () => (await session.request('receiveOff', {})).wasReceiving,
    receiving: () => view().receiving,
    ping: (deviceId) => session.request('ping', { deviceId }),
    reconnect: (deviceId) => session.request('reconnect', { deviceId }),
    rename: (deviceId, name) => session.request('rename', { deviceId, name }),
    renameSelf: (name) => session.request('renameSelf', { name }),
    unpair: (deviceId) => session.request('unpair', { deviceId }),
    safetyNumber: (deviceId) => session.request('safetyNumber', { deviceId }),
    markCompared: (deviceId, isEqual = true) => session.request('markCompared', { deviceId, isEqual }),
    setNote: (deviceId, note) => session.request('setNote', { deviceId, note }),
    setPermissions: (deviceId, permissions) => session.request('setPermissions', { deviceId, permissions }),
    block,
    unblock: (query) => session.request('unblock', { query }),
    blocked: () => view().blocked,
    setRelays: async (relay) => (await session.request('setRelays', { relay })).answers,
    setRelayBudget: (budget) => session.request('setRelayBudget', { budget }),
    dropRelay: async (url) => (await session.request('dropRelay', { url })).wasConnected,
    traffic: () => session.request('traffic', {}),
    status: () => session.request('status', {}),
    explain: async (deviceId, explainOptions = {}) => {
      checkExplainOptions(explainOptions);
      return session.request('explain', { deviceId, tryRemedies: explainOptions.tryRemedies === true });
    },
    check: async () => (await session.request('check', {})).checks,
    machines: () => session.request('machines', {}),
    onTransition: (listener) => {
      // Of a host that does not run there is nothing to hear.
      view();
      return machines.onTransition(listener);
    },
    timeline: (deviceId, { sinceMs }) => session.request('timeline', { deviceId, sinceMs }),
    journal: async (range) => (await session.request('journal', range)).entries,
    inspector: async (inspectorOptions) => {
      view();
      return inspectors.mount(host, inspectorOptions);
    },
    on: hub.on,
    onAny: hub.onAny,
  };
  return host;
};
