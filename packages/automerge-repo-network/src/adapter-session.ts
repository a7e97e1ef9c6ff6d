import type { Message, PeerId } from '@automerge/automerge-repo/slim';
import { type Cancel, type Clock, type DeviceId, errorMessage, type Logger } from '@bowline/contracts';
import type { Device, DeviceStream, Host, ServedService } from '@bowline/host';
import { backoffDelayMs } from '@bowline/limits';
import type { Greeting } from './greeting.ts';
import type { AdapterOptions } from './options.ts';
import { type PeerLink, runPeerLink } from './peer-link.ts';

/** Pauses before a device that is connected is asked again: it may not run the app now. */
const PAUSES = { firstMs: 250, mostMs: 60_000, jitterRatio: 0 };

/** From one `connect` of the adapter to its `disconnect`. */
export interface AdapterSession {
  /** To the peer it is for; nobody else. */
  send(message: Message): void;
  end(): void;
}

interface AdapterSessionComponents {
  readonly host: Pick<Host, 'self' | 'devices' | 'device' | 'serve' | 'onAny'>;
  readonly options: Readonly<Required<AdapterOptions>>;
  readonly own: Greeting;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onPeer: (peer: Greeting) => void;
  readonly onPeerGone: (peerId: PeerId) => void;
  readonly onMessage: (message: Message) => void;
  /** Every device that was connected at the beginning has answered, one way or the other. */
  readonly onSettled: () => void;
}

/** What is known of one device. */
interface Partner {
  readonly device: Device;
  readonly cancelChanges: Cancel;
  link: PeerLink | null;
  peerId: PeerId | null;
  isOpening: boolean;
  failures: number;
  cancelTimer: Cancel;
}

/**
 * Two devices have one stream: the one with the lower id opens it, and the other one serves it. What the other one opens
 * carries nothing; it only says that there is somebody to open a stream to.
 */
export const adapterSession = (components: AdapterSessionComponents): AdapterSession => {
  const { host, options, own, clock, logger, onPeer, onPeerGone, onMessage, onSettled } = components;
  const { service, allow, relay, maxMessageBytes } = options;
  const partners = new Map<DeviceId, Partner>();
  const unsettled = new Set<DeviceId>();
  const ending = new AbortController();

  const settle = (id: DeviceId): void => {
    if (unsettled.delete(id) && unsettled.size === 0) onSettled();
  };
  const { id: ownId } = host.self;
  const opens = ({ device }: Partner): boolean => ownId < device.id;

  const run = async (partner: Partner, stream: DeviceStream): Promise<void> => {
    let ownLink: PeerLink | null = null;
    await runPeerLink(stream, {
      logger,
      maxMessageBytes,
      own,
      onMessage,
      onGreeting: (link, peer) => {
        // A device that has started anew comes on a new stream before the old one is known to be lost.
        drop(partner);
        ownLink = link;
        partner.link = link;
        partner.peerId = peer.peerId;
        partner.failures = 0;
        settle(partner.device.id);
        onPeer(peer);
      },
    });
    if (ownLink !== null && partner.link === ownLink) drop(partner);
  };
  const drop = (partner: Partner): void => {
    const { link, peerId } = partner;
    partner.link = null;
    partner.peerId = null;
    if (link === null || peerId === null) return;
    link.close();
    onPeerGone(peerId);
  };

  const reach = async (partner: Partner): Promise<void> => {
    const { device } = partner;
    if (opens(partner)) {
      const stream = await device.open(service, { signal: ending.signal });
      await run(partner, stream);
    } else {
      const knock = await device.open(service, { signal: ending.signal, resume: false, isLast: true });
      await knock[Symbol.asyncDispose]();
    }
  };
  const tryNow = (partner: Partner): void => {
    partner.cancelTimer();
    if (ending.signal.aborted || partner.isOpening || partner.link !== null) return;
    if (partner.device.snapshot.state !== 'connected') return;
    partner.isOpening = true;
    reach(partner)
      .catch((error: unknown) => {
        logger.debug({ deviceId: partner.device.id, reason: errorMessage(error) }, 'device shares no documents now');
        settle(partner.device.id);
      })
      .finally(() => {
        partner.isOpening = false;
        partner.failures += 1;
        if (opens(partner)) tryLater(partner);
      });
  };
  const tryLater = (partner: Partner): void => {
    if (ending.signal.aborted) return;
    partner.cancelTimer();
    partner.cancelTimer = clock.setTimer(backoffDelayMs(PAUSES, partner.failures, 0), () => tryNow(partner), {
      unref: true,
    });
  };

  const isAllowed = (id: DeviceId): boolean => allow === 'paired' || allow.some((query) => findId(host, query) === id);
  const follow = (): void => {
    if (ending.signal.aborted) return;
    const ids = new Set(host.devices().map(({ id }) => id));
    for (const [id, partner] of [...partners]) {
      if (ids.has(id)) continue;
      forget(id, partner);
    }
    for (const id of ids) {
      if (partners.has(id) || !isAllowed(id)) continue;
      const device = host.device(id);
      const cancelChanges = device.on('changed', ({ state }) => {
        if (state !== 'connected') return;
        partner.failures = 0;
        tryNow(partner);
      });
      const cancelTimer = (): void => undefined;
      const partner: Partner = {
        device,
        cancelChanges,
        link: null,
        peerId: null,
        isOpening: false,
        failures: 0,
        cancelTimer,
      };
      partners.set(id, partner);
      if (device.snapshot.state === 'connected') unsettled.add(id);
      tryNow(partner);
    }
  };
  const forget = (id: DeviceId, partner: Partner): void => {
    partners.delete(id);
    partner.cancelChanges();
    partner.cancelTimer();
    drop(partner);
    settle(id);
  };

  const serve = async (stream: DeviceStream): Promise<void> => {
    const partner = partners.get(stream.device.id);
    if (partner === undefined || ending.signal.aborted) {
      stream.reset();
    } else if (opens(partner)) {
      // Somebody is there now.
      partner.failures = 0;
      tryNow(partner);
    } else await run(partner, stream);
  };

  const begin = async (): Promise<ServedService | null> => {
    try {
      const begun = await host.serve(service, serve, { allow, relay, maxStreams: 4 });
      if (ending.signal.aborted) {
        await begun.stop();
        return null;
      }
      follow();
      if (unsettled.size === 0) onSettled();
      return begun;
    } catch (error) {
      logger.error({ service, reason: errorMessage(error) }, 'documents are not shared');
      onSettled();
      return null;
    }
  };
  const served = begin();
  const cancelEvents = host.onAny(follow);

  return {
    send: (message) => {
      for (const { link, peerId } of partners.values()) if (peerId === message.targetId) link?.send(message);
    },
    end: () => {
      cancelEvents();
      ending.abort();
      for (const [id, partner] of [...partners]) forget(id, partner);
      served
        .then((one) => one?.stop())
        .catch((error: unknown) => logger.debug({ reason: errorMessage(error) }, 'service ended before'));
    },
  };
};

/** `null` where none fits, or several do. */
const findId = (host: Pick<Host, 'device'>, query: string): DeviceId | null => {
  try {
    return host.device(query).id;
  } catch {
    return null;
  }
};
