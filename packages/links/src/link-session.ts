import {
  assertNever,
  type Clock,
  type CloseName,
  type ConnectionPath,
  type DeviceFacts,
  type DeviceId,
  errorMessage,
  type HeldBackReason,
  isSamePath,
  type LinkDownReason,
  type LinkMeasurements,
  type Logger,
  type MessagePosition,
  type PresenceKey,
  type RelayInfo,
  type SocketAddress,
  type TcpDialFailure,
} from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import {
  EARLIER_MAX_MESSAGE_BYTES,
  heartbeat,
  type LinkFrame,
  type MessagePart,
  openPings,
  type ReceiveWindow,
  roundTrips,
} from '@bowline/link-protocol';
import { downReasonOf } from './close-meaning.ts';
import { LinkDownError, MessageTooLargeThereError } from './errors.ts';
import { framePump } from './frame-pump.ts';
import { frameReader } from './frame-reader.ts';
import { closeGracefully } from './graceful-close.ts';
import { idleDelegation } from './idle-delegation.ts';
import { inbox } from './inbox.ts';
import type { LinksOptions } from './options.ts';
import type { Outbox } from './outbox.ts';
import { outgoingFrames } from './outgoing-frames.ts';

/** What a session tells its owner. After `onEnded` nothing more is told. */
export interface SessionListener {
  onMessage(message: {
    readonly position: MessagePosition;
    readonly messageId: string | null;
    readonly payload: Uint8Array;
  }): void;
  /** The other side says whether it takes messages; told once for each change. */
  onReceiving(heldBack: HeldBackReason | null): void;
  onRelayInfo(relayInfo: RelayInfo): void;
  onRelayInfoAsked(): void;
  onUpdate(name: string, directAddresses: readonly SocketAddress[]): void;
  onFacts(facts: DeviceFacts): void;
  onPresence(key: PresenceKey): void;
  onClaim(claim: string): void;
  onTcp(share: Uint8Array, addresses: readonly SocketAddress[]): void;
  onTcpAsked(): void;
  onPath(path: ConnectionPath): void;
  /** Told once at most. */
  onFeatures(features: readonly string[]): void;
  /** Told once. */
  onEnded(reason: LinkDownReason): void;
}

/** One link on one connection, from the greetings to its end. */
export interface LinkSession {
  readonly connection: PeerConnection;
  /** Smoothed round trip of the heartbeat, milliseconds; `null` before the first. */
  readonly rttMs: number | null;
  /** Why the other side takes no messages for now. */
  readonly peerHeldBack: HeldBackReason | null;
  /** What was measured on its path. */
  readonly measurements: LinkMeasurements;
  /** Messages may be waiting. */
  wake(): void;
  send(frame: LinkFrame): void;
  /** Something went over the connection beside the frames; `wasHeard`: and came from the other side. */
  used(wasHeard: boolean): void;
  /** Tells the other side what is stored of its messages. */
  acknowledge(position: MessagePosition): void;
  /** Time has jumped: asks the other side at once whether it is there. */
  proveAlive(): void;
  /** The network has changed: it is down soon unless something is heard. */
  proveAfterChange(): void;
  /** Asks the other side whether it is there, unless something was heard within this many milliseconds or it is asked already. */
  askIfSilent(forMs: number): void;
  /** One heartbeat now, and its round trip. @throws {@link LinkDownError} when the link ends or the signal aborts first. */
  ping(signal: AbortSignal): Promise<number>;
  /** Ends the link and closes its connection; resolves when that is closed. */
  end(reason: LinkDownReason, name: CloseName, words?: string): Promise<void>;
  /** The connection is gone already: ends the link without closing anything. */
  lost(reason: LinkDownReason): void;
  /** Says a last word, and ends; gives the other side a moment to close. */
  closeGracefully(word: 'goodbye' | 'unpaired'): Promise<void>;
}

export interface SessionComponents {
  readonly deviceId: DeviceId;
  readonly connection: PeerConnection;
  /** The other side's, as its greeting says. */
  readonly peerIncarnation: number;
  /** The welcome of the accepting side; the dialling side has said its hello before. */
  readonly firstFrame: LinkFrame | null;
  /** How often this device has started; `null` says nothing of it. */
  readonly claim: string | null;
  /** What this side knows beside the frames; nothing is said of none. */
  readonly features: readonly string[];
  /** By what this side is known on the local network; `null`: nothing is said. */
  readonly presenceKey: PresenceKey | null;
  /** What the greetings took, for the side that could measure it. */
  readonly initialRttMs: number | null;
  readonly outbox: Outbox;
  /** Why this side takes no messages of the other, for now. */
  readonly heldBack: HeldBackReason | null;
  readonly received: ReceiveWindow;
  readonly clock: Clock;
  readonly options: LinksOptions;
  readonly logger: Logger;
  readonly listener: SessionListener;
}

/** Shares are told as whole numbers of a thousand. */
const PERMILLE = 1_000;

/** Longer than a screen because every kind of frame and every request of a link changes the same session; each is short. */
export const linkSession = (components: SessionComponents): LinkSession => {
  const { deviceId, connection, peerIncarnation, outbox, clock, options, listener } = components;
  const logger = components.logger.child({ deviceId, connectionId: connection.info.connectionId });
  const pings = openPings(clock);
  const measured = roundTrips(clock);
  let lossRatioThere: number | null = null;
  let tcpFailureThere: TcpDialFailure | null = null;
  const incoming = inbox(peerIncarnation, components.received);
  let isOver = false;
  /** Until then it is not known of which release the other side is: kept messages and the largest wait for it. */
  let hasHeard = false;
  let knowsKept = false;
  let peerHeldBack: HeldBackReason | null = null;

  /** An earlier release, which does not say whether it takes messages, ends its link over one of the largest. */
  const refuseTooLarge = (): void => {
    if (knowsKept) return;
    for (let size = outbox.nextSizeBytes; size > EARLIER_MAX_MESSAGE_BYTES; size = outbox.nextSizeBytes) {
      logger.info({ sizeBytes: size }, 'message too large for the release of the other device');
      outbox.refuseNext(new MessageTooLargeThereError(deviceId, size, EARLIER_MAX_MESSAGE_BYTES));
    }
  };
  const outgoing = outgoingFrames(
    () => {
      if (!hasHeard && (outbox.isNextKept() || outbox.nextSizeBytes > EARLIER_MAX_MESSAGE_BYTES)) return null;
      refuseTooLarge();
      const message = outbox.next();
      if (message !== null) beat.used();
      return message;
    },
    () => knowsKept,
  );
  const pump = framePump(connection, outgoing.next, (error) => {
    logger.debug({ error: errorMessage(error) }, 'connection takes no more frames');
    // Where the other side has closed it, `closed` tells why.
    void connection.close('not-responding', '');
  });
  const send = (frame: LinkFrame): void => {
    if (isOver) return;
    outgoing.push(frame);
    pump.wake();
  };
  const hasDialled = components.firstFrame === null;
  const onDead = (): void => {
    logger.info({ rttMs: beat.rttMs }, 'link not responding');
    void end('notResponding', 'not-responding');
  };
  const beat = heartbeat({
    clock,
    times: options,
    hasDialled,
    initialRttMs: components.initialRttMs,
    sendPing: () => send({ kind: 'ping', nonce: pings.open() }),
    // What the other side does not take needs no fast heartbeat.
    hasUnacknowledged: () => outbox.count > 0 && peerHeldBack === null,
    onDead,
  });
  const delegation = idleDelegation({ connection, beat, hasDialled, clock, options, logger, onDead });

  const finish = (reason: LinkDownReason): boolean => {
    if (isOver) return false;
    isOver = true;
    beat.stop();
    delegation.stop();
    pump.stop();
    cancelFrames();
    cancelPaths();
    cancelLoss();
    pings.close(new LinkDownError(deviceId));
    listener.onEnded(reason);
    return true;
  };
  const end: LinkSession['end'] = async (reason, name, words = '') => {
    finish(reason);
    await connection.close(name, words);
  };
  const violation = (what: string): void => {
    logger.warn({ what }, 'peer broke the link protocol');
    void end('protocolError', 'protocol-error', what);
  };

  const acknowledge = (position: MessagePosition): void => {
    if (isOver || position.incarnation !== peerIncarnation) return;
    outgoing.acknowledge(position);
    beat.used();
    pump.wake();
  };

  const takePart = (part: MessagePart): void => {
    beat.used();
    const result = incoming.take(part);
    switch (result.outcome) {
      case 'deliver':
        listener.onMessage(result);
        return;
      case 'acknowledgeAgain':
        acknowledge(result.position);
        return;
      case 'nothing':
        return;
      case 'violation':
        violation('parts of messages out of order');
        return;
      case 'overrun':
        logger.warn({}, 'messages come faster than they are stored');
        void end('protocolError', 'busy', 'too many messages wait to be stored');
        return;
      default:
        assertNever(result);
        return;
    }
  };

  const takeAck = (position: MessagePosition): void => {
    if (!outbox.acknowledge(position)) {
      violation('acknowledged what was never sent');
      return;
    }
    beat.used();
    pump.wake();
  };

  let areFeaturesKnown = false;
  const takeFeatures = (features: readonly string[]): void => {
    if (areFeaturesKnown) return;
    areFeaturesKnown = true;
    listener.onFeatures(features);
  };

  const takeReceiving = (heldBack: HeldBackReason | null): void => {
    knowsKept = true;
    if (heldBack === peerHeldBack) return;
    peerHeldBack = heldBack;
    listener.onReceiving(heldBack);
  };
  const takeName = (sequence: number, messageId: string): void => {
    if (!incoming.name(sequence, messageId)) violation('a message was named and did not follow');
  };

  const read = frameReader(clock, {
    onHeard: (isOfOwner) => {
      if (isOfOwner) beat.heard();
      // Told by the frame itself whether it knows names, as the first one does.
      if (!hasHeard) queueMicrotask(() => pump.wake());
      hasHeard = true;
    },
    onKept: takeName,
    onReceiving: takeReceiving,
    onFeatures: takeFeatures,
    onPing: (nonce) => {
      beat.asked();
      send({ kind: 'pong', nonce });
      delegation.consider();
    },
    onPong: (nonce) => {
      const rttMs = pings.answer(nonce);
      if (rttMs === null) return;
      beat.measured(rttMs);
      measured.note(rttMs);
      delegation.consider();
    },
    onMessagePart: takePart,
    onAck: takeAck,
    onRelayInfo: (relayInfo) => listener.onRelayInfo(relayInfo),
    onRelayInfoAsked: () => listener.onRelayInfoAsked(),
    onUpdate: (name, directAddresses) => listener.onUpdate(name, directAddresses),
    onFacts: (facts) => listener.onFacts(facts),
    onLoss: (permille) => {
      lossRatioThere = permille === null ? null : permille / PERMILLE;
    },
    onPresence: (key) => listener.onPresence(key),
    onClaim: (claim) => listener.onClaim(claim),
    onTcp: (share, addresses) => listener.onTcp(share, addresses),
    onTcpAsked: () => listener.onTcpAsked(),
    onTcpFailed: (failure) => {
      tcpFailureThere = failure;
    },
    onLastWord: (word) => void end(word, 'done'),
    onViolation: violation,
  });

  const ping = (signal: AbortSignal): Promise<number> => {
    const { nonce, rttMs } = pings.openAndWait(signal, () => new LinkDownError(deviceId));
    if (isOver) pings.close(new LinkDownError(deviceId));
    send({ kind: 'ping', nonce });
    beat.pinged();
    return rttMs;
  };

  const cancelFrames = connection.onFrame(read);
  let path = connection.path();
  const cancelPaths = connection.onPathChanged((next) => {
    // Another address of the other side: it may be on its way elsewhere, or the path may fall with the next packet.
    if (path?.kind === 'direct' && next.kind === 'direct' && path.remoteAddress !== next.remoteAddress)
      beat.proveAfterChange();
    if (!isSamePath(path, next)) measured.clear();
    path = next;
    listener.onPath(next);
  });
  // The other side cannot know what of this one's packets never came.
  const cancelLoss = connection.onLossChanged((ratio) =>
    send({ kind: 'loss', permille: ratio === null ? null : Math.round(ratio * PERMILLE) }),
  );
  // `closed` never rejects.
  void connection.closed.then((close) => finish(downReasonOf(close)));
  if (components.firstFrame !== null) outgoing.push(components.firstFrame);
  outgoing.push({ kind: 'receiving', heldBack: components.heldBack });
  const { features, presenceKey } = components;
  if (features.length > 0) outgoing.push({ kind: 'features', features });
  if (presenceKey !== null) outgoing.push({ kind: 'presence', key: presenceKey });
  if (components.claim !== null) outgoing.push({ kind: 'claim', claim: components.claim });
  pump.wake();

  return {
    connection,
    get rttMs() {
      return beat.rttMs;
    },
    get measurements() {
      return { roundTrips: measured.list(), lossRatioThere, tcpFailureThere };
    },
    wake: () => pump.wake(),
    send,
    used: (wasHeard) => {
      if (isOver) return;
      if (wasHeard) beat.heard();
      beat.used();
    },
    acknowledge,
    get peerHeldBack() {
      return peerHeldBack;
    },
    proveAlive: () => beat.proveAlive(),
    proveAfterChange: () => beat.proveAfterChange(),
    askIfSilent: (forMs) => beat.askIfSilent(forMs),
    ping,
    end,
    lost: finish,
    closeGracefully: async (word) => {
      if (!finish('closedHere')) return;
      await closeGracefully(connection, word, { clock, waitMs: options.gracefulCloseMs, logger });
    },
  };
};
