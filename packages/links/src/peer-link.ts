import type {
  Cancel,
  Clock,
  CloseName,
  ConnectionId,
  ConnectionPath,
  Emit,
  EndpointId,
  HeldBackReason,
  LinkDownReason,
  LinkIdentity,
  LinkMeasurements,
  LinkPeer,
  LinkStatus,
  LinksChannel,
  Logger,
  MessagePosition,
  RequestInput,
  RequestOutput,
} from '@bowline/contracts';
import { LINK_ALPN } from '@bowline/contracts';
import type { EndpointConnections, PeerConnection } from '@bowline/endpoint-connections';
import { TokenBucket } from '@bowline/limits';
import {
  judgeHello,
  type LinkFrame,
  type LinkGreeting,
  receiveWindow,
  type SeenGreeting,
} from '@bowline/link-protocol';
import { type MachineWatch, machineClock } from '@bowline/machines';
import { type Actor, createActor } from 'xstate';
import { answersNow, isStillAlive } from './alive-probe.ts';
import { type DialAttempt, dialAttempt } from './dial-attempt.ts';
import {
  DeviceRemovedError,
  LinkDownError,
  LinkRefusedError,
  LinksUnavailableError,
  LinkUnreachableError,
} from './errors.ts';
import { linkMachine } from './link-machine.ts';
import { type LinkSession, linkSession, type SessionListener } from './link-session.ts';
import { openConnections } from './open-connections.ts';
import type { LinksOptions } from './options.ts';
import { outbox } from './outbox.ts';
import { outrankedHello } from './outranked-hello.ts';
import type { OwnGreetings } from './own-greetings.ts';
import { pendingHandshakes } from './pending-handshakes.ts';
import { twinWatch } from './twin-watch.ts';

/**
 * Connections taken of one device: each may be greeted, told and remembered. A device that flaps makes one in a second or two;
 * one that does nothing else is answered with `busy`.
 */
const INCOMING_RATE = { perSecond: 1, burst: 60 };

/** Everything about one paired device: its link or the lack of one, and what waits for it. */
export interface PeerLink {
  readonly endpointId: EndpointId;
  /** What the store knows of the device now. Where it was paired anew, what was known of it counts no more, and its link proves itself from the beginning. */
  update(peer: LinkPeer): void;
  /** A connection of the device came in. */
  accept(connection: PeerConnection): void;
  connect(input: RequestInput<LinksChannel, 'connect'>, signal: AbortSignal): Promise<ConnectionPath | null>;
  sendMessage(
    message: { readonly payload: Uint8Array; readonly messageId: string | null },
    signal: AbortSignal,
  ): Promise<RequestOutput<LinksChannel, 'sendMessage'>>;
  acknowledge(position: MessagePosition): void;
  /** Says to the device, now and on later links, why its messages are not taken, or that they are. */
  setReceiving(heldBack: HeldBackReason | null): void;
  ping(signal: AbortSignal): Promise<RequestOutput<LinksChannel, 'ping'>>;
  /** Sends a frame when there is a link; otherwise the next greeting says as much. */
  tell(frame: LinkFrame): void;
  /** The same on this very connection, if it is still that of the link. */
  tellOn(connectionId: ConnectionId, frame: LinkFrame): void;
  /** The link is used beside its frames. */
  used(wasHeard: boolean): void;
  /** Time has jumped: the link, if there is one, has to prove itself. */
  proveAlive(): void;
  /** The network has changed. A relay's paths have their own care, and time to come back. */
  proveAfterChange(): void;
  /** The link, if there is one and it was silent for longer, is asked whether it is there. */
  askIfSilent(forMs: number): void;
  status(): LinkStatus;
  /** What was measured on the path of the link; nothing while there is none. */
  measurements(): LinkMeasurements;
  /** The endpoint is gone, and every connection with it. */
  dropped(): void;
  /** Ends the link in order; messages keep waiting. */
  leave(): Promise<void>;
  /** Ends everything, for good. */
  remove(): Promise<void>;
  stop(): Promise<void>;
}

export interface PeerLinkComponents {
  readonly peer: LinkPeer;
  readonly own: OwnGreetings;
  readonly connections: EndpointConnections;
  readonly clock: Clock;
  readonly options: LinksOptions;
  readonly logger: Logger;
  readonly emit: Emit<LinksChannel>;
  readonly machines: MachineWatch;
}

/** Longer than a screen because a device has one link: whoever comes, dials, leaves or is removed decides over the same one. */
export const peerLink = (components: PeerLinkComponents): PeerLink => {
  const { own, connections, clock, options, emit, machines } = components;
  const { deviceId, endpointId } = components.peer;
  const logger = components.logger.child({ deviceId });
  let received = receiveWindow(components.peer.lastReceived);
  const sending = outbox(deviceId, clock, () => session?.wake());
  const open = openConnections();
  const incoming = new TokenBucket(INCOMING_RATE, clock.monotonicMs());
  let pairing = components.peer.pairing;
  let knownIncarnation = 0;
  /** What the device told of its starts, to be handed back when it has forgotten. */
  let claim: string | null = null;
  const twins = twinWatch(clock, (isCloned) => {
    logger.warn({ isCloned }, 'two runs of one device at the same time');
    emit('peer.cloned', { deviceId, isCloned });
  });
  let lastSeen: SeenGreeting | null = null;
  let session: LinkSession | null = null;
  let heldBack: HeldBackReason | null = null;
  let attempt: DialAttempt | null = null;
  let toldPath: ConnectionPath | null = null;
  let told: Pick<LinkStatus, 'state' | 'sinceMs'> = { state: 'offline', sinceMs: clock.nowMs() };
  let life: Actor<typeof linkMachine> | null = null;
  let stopWatching: Cancel = () => undefined;
  /** What the next dial is begun with. */
  let dialInput: { readonly identity: LinkIdentity; readonly input: RequestInput<LinksChannel, 'connect'> } | null =
    null;

  /** Begun with the first dial or link: a device that is never met needs none. */
  const machine = (): Actor<typeof linkMachine> => {
    if (life !== null) return life;
    const provided = linkMachine.provide({
      actions: {
        dial: () => {
          if (dialInput !== null) attempt = startAttempt(dialInput.identity, dialInput.input);
        },
        settleDial: () => {
          if (session !== null) attempt?.succeed(session.connection);
        },
      },
    });
    const created = createActor(provided, { clock: machineClock(clock) });
    stopWatching = machines.add(deviceId, created);
    created.subscribe(({ value }) => {
      if (value !== told.state && value !== 'dropped') told = { state: value, sinceMs: clock.nowMs() };
    });
    created.start();
    life = created;
    return created;
  };

  const tellPath = (path: ConnectionPath): void => {
    const isSame = toldPath?.kind === path.kind && toldPath.remoteAddress === path.remoteAddress;
    toldPath = path;
    if (!isSame) emit('link.pathChanged', { deviceId, path });
  };

  const onEnded = (reason: LinkDownReason): void => {
    session = null;
    machine().send({ type: 'session.ended' });
    logger.info({ reason }, 'link down');
    emit('link.down', { deviceId, reason });
    if (reason === 'unpaired') emit('peer.unpaired', { deviceId, toldOn: 'link', pairingId: null });
  };

  const listener: SessionListener = {
    onMessage: ({ position, messageId, payload }) =>
      emit('message.received', { deviceId, position, messageId, payload }),
    onReceiving: (reason) => emit('peer.heldBack', { deviceId, heldBack: reason }),
    onRelayInfo: (relayInfo) => emit('relayInfo.received', { deviceId, relayInfo }),
    onRelayInfoAsked: () => {
      if (own.identity !== null) session?.send({ kind: 'relayInfo', relayInfo: own.identity.relayInfo });
    },
    onUpdate: (name, directAddresses) => emit('peer.updated', { deviceId, name, directAddresses }),
    onFacts: (facts) => emit('facts.received', { deviceId, facts }),
    onPresence: (presenceKey) => emit('presence.received', { deviceId, presenceKey }),
    onClaim: (told) => {
      claim = told;
      emit('claim.received', { deviceId, claim: told });
    },
    onTcp: (share, addresses) => {
      if (session !== null)
        emit('tcp.received', { deviceId, connectionId: session.connection.info.connectionId, share, addresses });
    },
    onTcpAsked: () => emit('tcp.asked', { deviceId }),
    onPath: tellPath,
    onFeatures: (features) => {
      if (session !== null)
        emit('features.received', { deviceId, connectionId: session.connection.info.connectionId, features });
    },
    onEnded,
  };

  const outranked = outrankedHello({
    clock,
    mostWaitMs: options.duplicateWaitMs,
    onTurn: (connection, hello) => onHello(connection, hello, false),
  });

  /** The link is up on `connection`. */
  const begin = (
    connection: PeerConnection,
    identity: LinkIdentity,
    greeting: LinkGreeting,
    handshake: { readonly dialledBy: 'us' | 'peer'; readonly rttMs: number | null },
  ): void => {
    const { dialledBy, rttMs } = handshake;
    const path = connection.path();
    outranked.drop();
    knownIncarnation = greeting.incarnation;
    lastSeen = greeting;
    toldPath = path;
    sending.resume(identity.incarnation, greeting);
    session = linkSession({
      deviceId,
      connection,
      peerIncarnation: greeting.incarnation,
      firstFrame: dialledBy === 'us' ? null : { kind: 'welcome', ...own.greet(identity, received.report(), path) },
      features: identity.features ?? [],
      presenceKey: identity.presenceKey ?? null,
      claim: identity.claim ?? null,
      initialRttMs: rttMs,
      outbox: sending,
      heldBack,
      received,
      clock,
      options,
      logger,
      listener,
    });
    machine().send({ type: 'greeting.done' });
    const { incarnation, name, relayInfo, directAddresses, observedAddress } = greeting;
    logger.info({ dialledBy, path: path?.kind ?? null, incarnation }, 'link up');
    emit('link.up', {
      deviceId,
      connectionId: connection.info.connectionId,
      path,
      incarnation,
      name,
      relayInfo,
      directAddresses,
      observedAddress,
      dialledBy,
    });
  };

  /** What it says when it ends a connection because of this device's own starts. */
  const watch = (connection: PeerConnection): void => {
    open.add(connection);
    // `closed` never rejects.
    void connection.closed.then(({ by, name, reason }) => {
      if (by !== 'peer' || (name !== 'stale' && name !== 'cloned')) return;
      emit('self.refused', { deviceId, name, claim: reason === '' ? null : reason });
    });
  };

  const endTwins = (life: string, other: string): void => {
    twins.found(life, other);
    void session?.end('cloned', 'cloned');
  };

  /**
   * A run of the device without a link takes the place of the one that has it. The same run knows that its link is dead;
   * of another one it is asked whether it is, for two that are alive are copies, and would displace each other for ever.
   */
  const displace = async (old: LinkSession, oldLife: string, life: string): Promise<void> => {
    if (oldLife === life) return old.end('superseded', 'superseded');
    old.lost('superseded');
    const isAlive = await isStillAlive(old.connection, { clock, logger });
    await old.connection.close(isAlive ? 'cloned' : 'superseded', '');
    if (isAlive) endTwins(life, oldLife);
  };

  /** A run that is behind: another one that is linked and answers makes it a copy, otherwise it was restored. */
  const refuseStale = async (connection: PeerConnection, life: string): Promise<void> => {
    const linked = session;
    const linkedLife = lastSeen?.life;
    const isCopy =
      linked !== null && linkedLife !== undefined && linkedLife !== life && (await answersNow(linked, clock));
    const name = isCopy ? 'cloned' : 'stale';
    emit('peer.refused', { deviceId, name });
    await connection.close(name, isCopy ? '' : (claim ?? ''));
    if (isCopy) endTwins(life, linkedLife);
  };

  const onHello = (
    connection: PeerConnection,
    hello: LinkGreeting,
    isOurHelloOut = attempt?.isHelloOut ?? false,
  ): void => {
    const { identity } = own;
    const close = (name: CloseName): void => {
      logger.debug({ name, turn: hello.turn }, 'incoming link refused');
      // `close` never rejects.
      void connection.close(name, '');
    };
    if (identity === null) {
      close('busy');
      return;
    }
    if (twins.note(hello.life)) {
      emit('peer.refused', { deviceId, name: 'cloned' });
      close('cloned');
      return;
    }
    const verdict = judgeHello(hello, {
      ourEndpointId: identity.endpointId,
      peerEndpointId: endpointId,
      knownIncarnation,
      lastSeen,
      isLinked: session !== null,
      isOurHelloOut,
    });
    if (verdict === 'duplicate') {
      close(verdict);
      return;
    }
    if (verdict === 'outranked') {
      outranked.hold(connection, hello);
      return;
    }
    if (verdict === 'stale') {
      // Neither of the two rejects.
      void refuseStale(connection, hello.life);
      return;
    }
    if (session !== null && lastSeen !== null) void displace(session, lastSeen.life, hello.life);
    begin(connection, identity, hello, { dialledBy: 'peer', rttMs: null });
  };

  const handshakes = pendingHandshakes({
    clock,
    options,
    onHello: (connection, hello) => onHello(connection, hello),
    onOtherVersion: () => emit('peer.refused', { deviceId, name: 'version-unsupported' }),
  });

  const startAttempt = (identity: LinkIdentity, input: RequestInput<LinksChannel, 'connect'>): DialAttempt => {
    const { directAddresses, throughRelay, isHearsay = false, timeoutMs } = input;
    const begun = dialAttempt({
      deviceId,
      clock,
      options,
      timeoutMs,
      dial: async (signal) => {
        // QUIC would send the new handshake along an old connection's path only, so nothing old may stay open.
        await open.closeAllBut((each) => handshakes.has(each) || outranked.has(each));
        const target = { from: identity.endpointId, to: endpointId, alpn: LINK_ALPN };
        const how = { directAddresses, throughRelay, isHearsay, isFromStranger: false, timeoutMs };
        const connection = await connections.dial({ ...target, ...how }, { signal });
        watch(connection);
        return connection;
      },
      greet: (connection) => own.greet(own.identity ?? identity, received.report(), connection.path()),
      onWelcome: (connection, welcome, rttMs) => {
        if (twins.note(welcome.life)) begun.fail(new LinkRefusedError(deviceId, 'cloned'), 'cloned');
        else if (welcome.incarnation < knownIncarnation)
          begun.fail(new LinkRefusedError(deviceId, 'stale'), 'stale', claim ?? '');
        else begin(connection, identity, welcome, { dialledBy: 'us', rttMs });
      },
      onUnpaired: (pairingId) => emit('peer.unpaired', { deviceId, toldOn: 'dial', pairingId }),
      onOver: () => {
        attempt = null;
        machine().send({ type: 'dial.over' });
      },
    });
    return begun;
  };

  const learn = (peer: LinkPeer): void => {
    knownIncarnation = Math.max(knownIncarnation, peer.incarnation, peer.lastReceived?.incarnation ?? 0);
    if (peer.lastReceived !== null) received.acknowledge(peer.lastReceived);
    claim = peer.claim ?? claim;
  };

  /** The device was paired anew. */
  const forget = (peer: LinkPeer): void => {
    pairing = peer.pairing;
    // The link is down at once; its connection closes by itself, and `end` never rejects.
    void session?.end('superseded', 'superseded');
    knownIncarnation = 0;
    lastSeen = null;
    claim = null;
    twins.forget();
    received = receiveWindow(peer.lastReceived);
  };

  const endAll = async (error: Error, closeName: CloseName, word: 'goodbye' | 'unpaired'): Promise<void> => {
    outranked.drop();
    attempt?.fail(error, closeName);
    handshakes.closeAll(closeName);
    await session?.closeGracefully(word);
  };

  const drop = (): void => {
    life?.send({ type: 'device.dropped' });
    stopWatching();
  };

  learn(components.peer);

  return {
    endpointId,
    update: (peer) => {
      if (peer.pairing !== pairing) forget(peer);
      learn(peer);
    },
    accept: (connection) => {
      if (!incoming.take(1, clock.monotonicMs())) {
        logger.debug({}, 'device connects too often');
        // `close` never rejects.
        void connection.close('busy', '');
        return;
      }
      watch(connection);
      handshakes.add(connection);
    },
    connect: async (input, signal) => {
      if (session !== null) return session.connection.path();
      const { identity } = own;
      if (identity === null) throw new LinksUnavailableError('not-presented');
      if (twins.isComing) throw new LinkRefusedError(deviceId, 'cloned');
      dialInput = { identity, input };
      machine().send({ type: 'dial.asked' });
      if (attempt === null) throw new LinksUnavailableError('stopped');
      return await attempt.wait(signal);
    },
    sendMessage: (message, signal) => sending.send(message, signal),
    acknowledge: (position) => {
      if (received.acknowledge(position)) session?.acknowledge(position);
    },
    setReceiving: (reason) => {
      if (reason === heldBack) return;
      heldBack = reason;
      session?.send({ kind: 'receiving', heldBack });
    },
    ping: async (signal) => {
      if (session === null) throw new LinkDownError(deviceId);
      const { connection } = session;
      const rttMs = await session.ping(signal);
      return { rttMs, path: connection.path() };
    },
    used: (wasHeard) => session?.used(wasHeard),
    tell: (frame) => session?.send(frame),
    tellOn: (connectionId, frame) => {
      if (session?.connection.info.connectionId === connectionId) session.send(frame);
    },
    proveAlive: () => session?.proveAlive(),
    proveAfterChange: () => {
      if (session?.connection.path()?.kind === 'relay') session.askIfSilent(0);
      else session?.proveAfterChange();
    },
    askIfSilent: (forMs) => session?.askIfSilent(forMs),
    status: () => ({
      deviceId,
      ...told,
      path: session?.connection.path() ?? null,
      connectionId: session?.connection.info.connectionId ?? null,
      rttMs: session?.rttMs ?? null,
      unacknowledgedCount: sending.count,
      unkept: sending.unkept,
      heldBack: session?.peerHeldBack ?? null,
    }),
    measurements: () => session?.measurements ?? { roundTrips: [], lossRatioThere: null, tcpFailureThere: null },
    dropped: () => {
      outranked.drop();
      attempt?.fail(new LinkUnreachableError(deviceId, 'dial', 'the endpoint ended'), 'cancelled');
      session?.lost('endpointLost');
    },
    leave: () => endAll(new LinksUnavailableError('leaving'), 'shutdown', 'goodbye'),
    remove: async () => {
      const error = new DeviceRemovedError(deviceId);
      sending.close(error);
      await endAll(error, 'unpaired', 'unpaired');
      drop();
    },
    stop: async () => {
      const error = new LinksUnavailableError('stopped');
      sending.close(error);
      outranked.drop();
      attempt?.fail(error, 'shutdown');
      handshakes.closeAll('shutdown');
      await session?.end('closedHere', 'shutdown');
      drop();
    },
  };
};
