import {
  BowlineError,
  type ChannelHandlers,
  type DaemonChannel,
  type DeviceSummary,
  type PairingSessionId,
} from '@bowline/contracts';
import type { Host, PairingSession } from '@bowline/host';

/** What one client of the daemon asked for and would leave behind. */
export interface DaemonConversation {
  readonly handlers: ChannelHandlers<DaemonChannel>;
  /** The client is gone: its pairing sessions end. */
  readonly end: () => Promise<void>;
}

const summaryOf = ({ id, endpointId, name }: DeviceSummary): DeviceSummary => ({ id, endpointId, name });

const refuseToStop = (): never => {
  throw new BowlineError({
    code: 'DAEMON_TEMPORARY',
    message: 'This device is up for one command alone, and ends with it.',
  });
};

/** The daemon's answers to one client. @param stop ends the daemon, where a client may ask for that */
export const daemonConversation = (host: Host, stop: () => void = refuseToStop): DaemonConversation => {
  const sessions = new Map<PairingSessionId, PairingSession>();
  let isEnded = false;

  /** A client that went while its session began can no longer end it, nor see how it ends. */
  const keep = async (session: PairingSession): Promise<void> => {
    if (isEnded) return session.cancel();
    sessions.set(session.sessionId, session);
    const forget = () => sessions.delete(session.sessionId);
    session.paired.then(forget, forget);
  };

  const handlers: ChannelHandlers<DaemonChannel> = {
    stop,
    describe: () => ({ device: host.device, pid: process.pid }),
    pair: async (input) => {
      const offer = await host.pair(input);
      await keep(offer);
      const { sessionId, words, ticket, expiresAtMs, sharedTokenUrls } = offer;
      return { sessionId, words, ticket, expiresAtMs, sharedTokenUrls };
    },
    join: async ({ code, ...options }) => keep(await host.join(code, options)),
    decide: async ({ sessionId, accept, authenticationString }) =>
      sessions.get(sessionId)?.decide(accept, authenticationString),
    cancel: async ({ sessionId }) => sessions.get(sessionId)?.cancel(),
    devices: () => ({ devices: host.devices() }),
    status: () => host.status(),
    explain: ({ device }) => host.explain(host.findDevice(device).id),
    send: async ({ device, ...body }, { signal }) => {
      const content = 'text' in body ? body.text : Buffer.from(body.bytesBase64, 'base64');
      const { elapsedMs } = await host.send(host.findDevice(device).id, content, { signal });
      return { delivered: true, elapsedMs };
    },
    ping: ({ device }) => host.ping(host.findDevice(device).id),
    reconnect: ({ device }) => host.reconnect(host.findDevice(device).id),
    rename: async ({ device, name }) => {
      const { id } = host.findDevice(device);
      await host.rename(id, name);
      return { device: summaryOf(host.findDevice(id)) };
    },
    unpair: async ({ device }) => {
      const removed = summaryOf(host.findDevice(device));
      await host.unpair(removed.id);
      return { device: removed };
    },
    setRelays: async ({ relay }) => ({ answers: await host.setRelays(relay) }),
    setRelayBudget: ({ budget }) => host.setRelayBudget(budget),
    traffic: () => host.traffic(),
    readJournal: async (range) => ({ entries: await host.journal(range) }),
  };

  return {
    handlers,
    end: async () => {
      isEnded = true;
      await Promise.all([...sessions.values()].map((session) => session.cancel()));
    },
  };
};
