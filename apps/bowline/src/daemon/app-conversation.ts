import { randomBytes } from 'node:crypto';
import {
  type AppChannel,
  brandAs,
  type Cancel,
  type ChannelHandlers,
  type Clock,
  type DeviceId,
  type Emit,
  type ServiceStreamId,
} from '@bowline/contracts';
import type { Host, KeptMessage, MessageHandler, ServedService, StreamHandler } from '@bowline/host';
import { clientSessions } from '@bowline/pairing-sessions/client-sessions';
import { type ClientStreams, clientStreams } from './client-streams.ts';
import type { DaemonApps } from './daemon-apps.ts';
import { messagePage } from './message-page.ts';
import { type ViewWatch, viewWatch } from './view-watch.ts';
import { watchedMachines } from './watched-machines.ts';

/** What one app asked of the daemon and would leave behind. */
export interface AppConversation {
  readonly handlers: ChannelHandlers<AppChannel>;
  /** The app is gone: what it has registered ends. */
  readonly end: () => Promise<void>;
}

interface AppComponents {
  readonly host: Host;
  readonly apps: DaemonApps;
  readonly emit: Emit<AppChannel>;
  readonly clock: Clock;
}

type Part<Name extends keyof ChannelHandlers<AppChannel>> = {
  readonly handlers: Pick<ChannelHandlers<AppChannel>, Name>;
  readonly end: () => Promise<void> | void;
};

/** How often a push tells how far it is, milliseconds: as often as a person can see. */
const PROGRESS_MS = 100;

/** The daemon's answers to one app. */
export const appConversation = (components: AppComponents): AppConversation => {
  const { host, apps, emit } = components;
  const watch = viewWatch(host, emit);
  const cancels = [
    apps.onChange(watch.look),
    host.onAny((told) => {
      watch.look();
      emit('told', { told });
    }),
    watch.cancel,
  ];
  const streams = clientStreams();
  const parts = [
    pairingPart(host),
    messagesPart(components),
    servicesPart(components, streams),
    datagramsPart(components, watch),
    pushPart(components),
    machinesPart(components),
  ] as const;
  const [pairing, messages, services, datagrams, pushes, machines] = parts;

  return {
    handlers: {
      ...devicesPart(host, watch, apps),
      ...pairing.handlers,
      ...messages.handlers,
      ...services.handlers,
      ...datagrams.handlers,
      ...pushes.handlers,
      ...machines.handlers,
      open: ({ deviceId, service, streamId, isResumable, first, isLast = false, deadlineMs }, { signal }) => {
        const sent = first === undefined ? {} : { first };
        const options = { resume: isResumable, deadlineMs, isLast, ...sent };
        const make = (either: AbortSignal) => watch.device(deviceId).open(service, { ...options, signal: either });
        return streams.open(streamId, make, signal);
      },
      read: async ({ streamId }) => ({ bytes: await streams.read(streamId) }),
      write: ({ streamId, bytes }) => streams.write(streamId, bytes),
      end: ({ streamId }) => streams.end(streamId),
      reset: ({ streamId, code }) => streams.reset(streamId, code),
    },
    end: async () => {
      for (const cancel of cancels) cancel();
      streams.close();
      await Promise.all(parts.map(async (part) => part.end()));
    },
  };
};

/** What changes devices and this one's own settings, and what only asks. */
const devicesPart = (host: Host, watch: ViewWatch, { noteChange }: DaemonApps) =>
  ({
    watch: () => watch.begin(),
    ping: ({ deviceId }) => host.ping(deviceId),
    reconnect: ({ deviceId }) => host.reconnect(deviceId),
    rename: ({ deviceId, name }) => host.rename(deviceId, name).finally(noteChange),
    renameSelf: ({ name }) => host.renameSelf(name).finally(noteChange),
    safetyNumber: ({ deviceId }) => host.safetyNumber(deviceId),
    markCompared: ({ deviceId, isEqual }) => host.markCompared(deviceId, isEqual).finally(noteChange),
    setNote: ({ deviceId, note }) => host.setNote(deviceId, note).finally(noteChange),
    setPermissions: ({ deviceId, permissions }) => host.setPermissions(deviceId, permissions).finally(noteChange),
    unpair: ({ deviceId }) => host.unpair(deviceId).finally(noteChange),
    block: ({ device }) => host.block(device).finally(noteChange),
    unblock: ({ query }) => host.unblock(query).finally(noteChange),
    setRelays: async ({ relay }) => ({ answers: await host.setRelays(relay) }),
    setRelayBudget: ({ budget }) => host.setRelayBudget(budget),
    dropRelay: async ({ url }) => ({ wasConnected: await host.dropRelay(url) }),
    traffic: () => host.traffic(),
    status: () => host.status(),
    explain: ({ deviceId, tryRemedies }) => host.explain(deviceId, { tryRemedies }),
    check: async () => ({ checks: await host.check() }),
    machines: () => host.machines(),
    timeline: ({ deviceId, sinceMs }) => host.timeline(deviceId, { sinceMs }),
    journal: async (range) => ({ entries: await host.journal(range) }),
    streams: async () => ({ streams: await host.streams() }),
    listServices: async ({ deviceId, deadlineMs }, { signal }) => ({
      services: await watch.device(deviceId).services({ signal, deadlineMs }),
    }),
  }) satisfies Partial<ChannelHandlers<AppChannel>>;

const pairingPart = (host: Host): Part<'pair' | 'join' | 'decide' | 'cancel'> => {
  const sessions = clientSessions();
  return {
    handlers: {
      pair: async (input) => {
        const offer = await host.pair(input);
        await sessions.keep(offer);
        const { sessionId, words, ticket, expiresAtMs, sharedTokenUrls } = offer;
        return { sessionId, words, ticket, expiresAtMs, sharedTokenUrls };
      },
      join: async ({ code, hints: [at], ...options }) =>
        sessions.keep(await host.join(code, { ...options, ...(at === undefined ? {} : { at }) })),
      decide: sessions.decide,
      cancel: ({ sessionId }) => sessions.cancel(sessionId),
    },
    end: sessions.end,
  };
};

const messagesPart = ({
  host,
  apps,
  emit,
}: AppComponents): Part<
  'send' | 'keep' | 'awaitDelivery' | 'handleMessages' | 'settleMessage' | 'messages' | 'takeMessages'
> => {
  const kept = new Map<number, KeptMessage['delivered']>();
  const offered = new Map<number, PromiseWithResolvers<void>>();
  let turn: ReturnType<DaemonApps['turns']['take']> | null = null;

  const offer: MessageHandler = (message) => {
    const settled = Promise.withResolvers<void>();
    offered.set(message.position, settled);
    emit('message.offered', { message });
    return settled.promise;
  };
  /** What was offered is still settled by the app. */
  const leave = (): void => {
    turn?.cancel();
    turn = null;
  };

  return {
    handlers: {
      send: ({ deviceId, body, deadlineMs }, { signal }) =>
        host.send(deviceId, body, { signal, ...(deadlineMs === undefined ? {} : { deadlineMs }) }),
      keep: async ({ deviceId, body }) => {
        const { position, delivered } = await host.send(deviceId, body, { persist: true });
        delivered.catch(() => undefined);
        kept.set(position, delivered);
        return { position };
      },
      awaitDelivery: async ({ position }) => {
        const delivered = kept.get(position);
        kept.delete(position);
        return delivered ?? { elapsedMs: 0 };
      },
      handleMessages: ({ isHandling }) => {
        leave();
        if (isHandling) turn = apps.turns.take(offer);
        return { isOurTurn: turn?.isOurTurn ?? false };
      },
      settleMessage: ({ position, problem }) => {
        const settled = offered.get(position);
        offered.delete(position);
        if (problem === null) settled?.resolve();
        else settled?.reject(new Error(problem));
      },
      messages: async ({ deviceId, afterPosition, limit }) => {
        const of = deviceId === null ? {} : { deviceId };
        return { messages: messagePage(await host.messages({ ...of, afterPosition, limit }), (message) => message) };
      },
      takeMessages: async ({ positions }) => ({ taken: await host.takeMessages(positions) }),
    },
    end: () => {
      leave();
      for (const { reject } of offered.values()) reject(new Error('the app that was to take it is gone'));
      offered.clear();
    },
  };
};

const servicesPart = (
  { host, apps, emit }: AppComponents,
  streams: ClientStreams,
): Part<'serve' | 'stopServing' | 'unserve'> => {
  const own = new Map<string, ServedService>();
  let isEnded = false;

  const handToApp: StreamHandler = (stream) => {
    const streamId = brandAs<ServiceStreamId>(randomBytes(16).toString('hex'));
    const done = streams.offer(streamId, stream);
    emit('stream.opened', { streamId, service: stream.service, device: stream.device });
    return done;
  };

  return {
    handlers: {
      serve: async ({ name, target, ...options }) => {
        const served = await host.serve(name, target ?? handToApp, options);
        if (isEnded && options.keep !== true) await served.stop();
        else if (options.keep !== true) own.set(name, served);
        apps.noteChange();
      },
      stopServing: async ({ name }) => {
        await own.get(name)?.stop();
        own.delete(name);
        apps.noteChange();
      },
      unserve: async ({ name }) => {
        const wasServed = await host.unserve(name);
        apps.noteChange();
        return { wasServed };
      },
    },
    end: async () => {
      isEnded = true;
      await Promise.all([...own.values()].map((served) => served.stop()));
      apps.noteChange();
    },
  };
};

const datagramsPart = ({ host, emit }: AppComponents, watch: ViewWatch): Part<'sendDatagram' | 'hearDatagrams'> => {
  const hearing = new Map<DeviceId, Cancel>();
  let cancelEvents: Cancel | null = null;

  const hearAll = (): void => {
    for (const { id } of host.devices()) {
      if (hearing.has(id)) continue;
      const cancel = host
        .device(id)
        .datagrams.on((bytes) => emit('datagram.received', { deviceId: id, bytes: Uint8Array.from(bytes) }));
      hearing.set(id, cancel);
    }
  };
  const stop = (): void => {
    cancelEvents?.();
    cancelEvents = null;
    for (const cancel of hearing.values()) cancel();
    hearing.clear();
  };

  return {
    handlers: {
      sendDatagram: ({ deviceId, bytes }) => watch.device(deviceId).datagrams.send(bytes),
      hearDatagrams: ({ isHearing }) => {
        stop();
        if (!isHearing) return;
        hearAll();
        // A device that is paired later is heard, too.
        cancelEvents = host.onAny(({ event }) => {
          if (event === 'pairing.completed' || event === 'device.connected') hearAll();
        });
      },
    },
    end: stop,
  };
};

const machinesPart = ({ host, emit }: AppComponents): Part<'watchMachines'> => {
  const watched = watchedMachines(host, (transition) => emit('machine.moved', transition));
  return {
    handlers: { watchMachines: ({ isWatched }) => watched.setWatched(isWatched) },
    end: watched.end,
  };
};

const pushPart = ({ host, apps, emit, clock }: AppComponents): Part<'push' | 'receive' | 'receiveOff'> => {
  const gone = new AbortController();
  return {
    handlers: {
      push: ({ deviceId, paths, pushId }, { signal }) => {
        let toldAtMs = Number.NEGATIVE_INFINITY;
        return host.push(deviceId, paths, {
          signal: AbortSignal.any([signal, gone.signal]),
          onProgress: (progress) => {
            const isWhole = progress.bytes === progress.totalBytes;
            if (!isWhole && clock.monotonicMs() - toldAtMs < PROGRESS_MS) return;
            toldAtMs = clock.monotonicMs();
            emit('push.progressed', { pushId, progress });
          },
        });
      },
      receive: (options) => host.receive(options).finally(apps.noteChange),
      receiveOff: async () => {
        const wasReceiving = await host.receiveOff();
        apps.noteChange();
        return { wasReceiving };
      },
    },
    end: () => gone.abort(),
  };
};
