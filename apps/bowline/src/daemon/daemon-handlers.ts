import {
  BowlineError,
  type ChannelHandlers,
  type DaemonChannel,
  type DeviceSummary,
  type MachineTransition,
  type OfferedMessage,
  type PeerDevice,
  parseEndpointId,
  type ServedReport,
  type WaitingMessage,
} from '@bowline/contracts';
import type { Host } from '@bowline/host';
import { clientSessions } from '@bowline/pairing-sessions/client-sessions';
import { permissionsOf, servicesFor } from '../output/json-shapes.ts';
import { askedDevice } from './asked-device.ts';
import { daemonPushes } from './daemon-pushes.ts';
import { daemonStreams } from './daemon-streams.ts';
import { messagePage } from './message-page.ts';
import { watchedMachines } from './watched-machines.ts';

/** What one client of the daemon asked for and would leave behind. */
export interface DaemonConversation {
  readonly handlers: ChannelHandlers<DaemonChannel>;
  /** The client is gone: its pairing sessions end. */
  readonly end: () => Promise<void>;
}

const summaryOf = ({ id, endpointId, name }: DeviceSummary): DeviceSummary => ({ id, endpointId, name });

const waitingForm = ({ position, from, fromName, atMs, body }: OfferedMessage): WaitingMessage => {
  const content = typeof body === 'string' ? { text: body } : { bytesBase64: Buffer.from(body).toString('base64') };
  return { position, from: { id: from, name: fromName }, atMs, ...content };
};

const servedBy = (host: Host): readonly ServedReport[] =>
  host.served().map(({ name, target, allow }) => ({ name, target, to: allow }));

const refuseToStop = (): never => {
  throw new BowlineError({
    code: 'DAEMON_TEMPORARY',
    message: 'This device is up for one command alone, and ends with it.',
  });
};

/** What a client may ask of the process a device runs in. */
export interface DaemonProcess {
  /** Ends it. */
  readonly stop: () => void;
  /** An address that opens the inspector once. */
  readonly openInspector: () => Promise<string>;
  /** Where the inspector is served; `null` while nobody has asked for it. */
  readonly inspectorUrl: () => string | null;
}

/** One that a command started for its own length. */
const TEMPORARY_PROCESS: DaemonProcess = {
  stop: refuseToStop,
  openInspector: async () => refuseToStop(),
  inspectorUrl: () => null,
};

/** The daemon's answers to one client. */
export const daemonConversation = (
  host: Host,
  { stop, openInspector, inspectorUrl }: DaemonProcess = TEMPORARY_PROCESS,
  tellTransition: (transition: MachineTransition) => void = () => undefined,
): DaemonConversation => {
  const sessions = clientSessions();
  const watched = watchedMachines(host, tellTransition);
  const streams = daemonStreams(host);
  const pushes = daemonPushes(host);
  const asked = (device: string): Promise<PeerDevice> => askedDevice(host, device);

  const handlers: ChannelHandlers<DaemonChannel> = {
    stop,
    describe: () => ({ device: host.self, pid: process.pid, inspectorUrl: inspectorUrl() }),
    pair: async (input) => {
      const offer = await host.pair(input);
      await sessions.keep(offer);
      const { sessionId, words, ticket, expiresAtMs, sharedTokenUrls } = offer;
      return { sessionId, words, ticket, expiresAtMs, sharedTokenUrls };
    },
    join: async ({ code, ...options }) => sessions.keep(await host.join(code, options)),
    decide: sessions.decide,
    cancel: ({ sessionId }) => sessions.cancel(sessionId),
    devices: () => ({ devices: host.devices() }),
    status: () => host.status(),
    timeline: async ({ device, sinceMs }) => {
      const found = summaryOf(await asked(device));
      return { device: found, ...(await host.timeline(found.id, { sinceMs })) };
    },
    machines: () => host.machines(),
    watchMachines: ({ isWatched }) => watched.setWatched(isWatched),
    inspect: async () => ({ url: await openInspector() }),
    check: async () => ({ checks: await host.check() }),
    explain: async ({ device, ...options }) => host.explain((await asked(device)).id, options),
    send: async ({ device, ...body }, { signal }) => {
      const content = 'text' in body ? body.text : Buffer.from(body.bytesBase64, 'base64');
      const { elapsedMs } = await host.send((await asked(device)).id, content, { signal });
      return { delivered: true, elapsedMs };
    },
    messages: async ({ device, afterPosition, limit }) => {
      const of = device === null ? {} : { deviceId: (await asked(device)).id };
      return { messages: messagePage(await host.messages({ ...of, afterPosition, limit }), waitingForm) };
    },
    takeMessages: async ({ positions }) => ({ taken: await host.takeMessages(positions) }),
    ping: async ({ device }) => host.ping((await asked(device)).id),
    reconnect: async ({ device }) => host.reconnect((await asked(device)).id),
    rename: async ({ device, name }) => {
      const { id } = await asked(device);
      await host.rename(id, name);
      return { device: summaryOf(await asked(id)) };
    },
    findDevice: async ({ device }) => ({ device: summaryOf(await asked(device)) }),
    renameSelf: async ({ name }) => {
      await host.renameSelf(name);
      return { device: host.self };
    },
    verify: async ({ device, mark }) => {
      const found = summaryOf(await asked(device));
      const number = await (mark === undefined ? host.safetyNumber(found.id) : host.markCompared(found.id, mark));
      return { device: found, ...number };
    },
    note: async ({ device, note }) => {
      const { id } = await asked(device);
      if (note !== undefined) await host.setNote(id, note);
      const found = await asked(id);
      return { device: summaryOf(found), note: found.note ?? null };
    },
    permissions: async ({ device, permissions }) => {
      const { id } = await asked(device);
      if (Object.keys(permissions).length > 0) await host.setPermissions(id, permissions);
      const found = await asked(id);
      return { device: summaryOf(found), permissions: permissionsOf(found), services: servicesFor(id, servedBy(host)) };
    },
    unpair: async ({ device }) => {
      const removed = summaryOf(await asked(device));
      await host.unpair(removed.id);
      return { device: removed };
    },
    block: async ({ device }) => ({
      device: await host.block(parseEndpointId(device) ?? (await asked(device)).id),
    }),
    unblock: async ({ device }) => ({ device: await host.unblock(device) }),
    blocked: () => ({ devices: host.blocked() }),
    setRelays: async ({ relay }) => ({ answers: await host.setRelays(relay) }),
    setRelayBudget: ({ budget }) => host.setRelayBudget(budget),
    traffic: () => host.traffic(),
    serve: async ({ name, target, to, relay, maxStreams }) => {
      const limits = { ...(relay === undefined ? {} : { relay }), ...(maxStreams === undefined ? {} : { maxStreams }) };
      await host.serve(name, target, { allow: to, keep: true, ...limits });
      const service = servedBy(host).find((each) => each.name === name);
      return { service: service ?? { name, target, to: [] } };
    },
    unserve: async ({ name }) => ({ wasServed: await host.unserve(name) }),
    served: () => ({ services: servedBy(host) }),
    services: async ({ device }, { signal }) => {
      const found = summaryOf(await asked(device));
      return { device: found, services: await host.device(found.id).services({ signal }) };
    },
    ...streams.handlers,
    ...pushes.handlers,
    readJournal: async (range) => ({ entries: await host.journal(range) }),
  };

  return {
    handlers,
    end: async () => {
      watched.end();
      streams.end();
      pushes.end();
      await sessions.end();
    },
  };
};
