import { assertNever, type Cancel, type Clock, type Random, type RelayDownReason } from '@bowline/contracts';
import {
  type ClientAuth,
  checkDatagramSize,
  decodeRelayFrame,
  decodeServerHandshakeFrame,
  encodeClientAuth,
  encodePing,
  encodePong,
  isDatagramToClient,
  PING_PAYLOAD_BYTES,
  type ProtocolVersion,
  type RelayFrame,
  RelayProtocolError,
  type RouteKey,
  routeKeyOf,
  signChallenge,
  signNamedChallenge,
} from '@bowline/relay-protocol';
import { FrameOutlet } from '@bowline/relay-socket';
import { hostOf } from './relay-host.ts';
import { RelayLiveness } from './relay-liveness.ts';
import type { DialRelay, RelayTarget, RelayTransport } from './relay-transport.ts';

/** Time for name look-up, TCP, TLS, upgrade and login together, milliseconds. */
export const LOGIN_DEADLINE_MS = 5_000;

/** Least time for name look-up and TCP alone at a relay that has answered before, milliseconds: one lost packet is sent again after a second. */
const LEAST_REACH_DEADLINE_MS = 2_000;

/** Version 1 tells in words that another login with the same key took over; these are the words all relays of that time share. */
const SAME_KEY_PROBLEM = /another endpoint|same endpoint id/i;

/** Of the bytes a ping carries, those that name it: 2^48 names are exact numbers, and none is guessed. */
const PING_BYTES = 6;

/** What one session tells. After `ended` nothing follows. */
export interface RelaySessionEvents {
  readonly loggedIn: () => void;
  /** A datagram frame, size-checked, as it came. */
  readonly datagrams: (frame: Buffer, nowMs: number) => void;
  /** A peer is not (or no longer) at this relay. */
  readonly peerGone: (peer: RouteKey) => void;
  readonly roundTrip: (rttMs: number) => void;
  readonly doubtChanged: (isInDoubt: boolean) => void;
  /** The relay limits how fast this login may send. */
  readonly rateLimited: () => void;
  /** The relay stops soon and asks to come back after this many milliseconds. */
  readonly restarting: (reconnectInMs: number) => void;
  /** @param wasReached whether anything answered at the relay's address */
  readonly ended: (reason: RelayDownReason, detail: string, wasReached: boolean) => void;
  readonly dropped: (frame: Uint8Array, peer: RouteKey) => void;
}

/** What a session is made of. */
export interface RelaySessionComponents {
  readonly target: RelayTarget;
  readonly clock: Clock;
  readonly random: Random;
  readonly dial: DialRelay;
  /** The relay's usual round trip, milliseconds, as far as it is known. */
  readonly usualRttMs: () => number | null;
  /** Whether to wait for TCP as long as for a login. */
  readonly isPatient: boolean;
  /** Whether a challenge was issued by this very process: then the "relay" is our own loopback relay. */
  readonly isOwnChallenge: (challenge: Uint8Array) => boolean;
  readonly events: RelaySessionEvents;
}

/**
 * One login at one relay as one identity: from the first packet to the end of the socket.
 *
 * Long because the login and what follows it share one socket, one deadline and one end.
 */
export class RelaySession {
  readonly #components: RelaySessionComponents;
  readonly #transport: RelayTransport;
  readonly #outlet: FrameOutlet;
  readonly #liveness: RelayLiveness;
  #phase: 'login' | 'open' | 'ended' = 'login';
  #version: ProtocolVersion = 2;
  #isInDoubt: boolean = false;
  #isLeaving: boolean = false;
  #hasSigned: boolean = false;
  #wasReached: boolean = false;
  #cancelTimer: Cancel;
  #cancelReachTimer: Cancel;

  constructor(components: RelaySessionComponents) {
    this.#components = components;
    const { clock, dial, events, random, target } = components;
    // Unpredictable: a relay that could guess it would answer before it is asked, and look near.
    const newPing = (): number => pingOf(random.bytes(PING_BYTES));
    this.#liveness = new RelayLiveness(clock.monotonicMs(), newPing, components.usualRttMs);
    this.#cancelTimer = clock.setTimer(LOGIN_DEADLINE_MS, () => {
      this.#endUnanswered(`no login within ${LOGIN_DEADLINE_MS} ms`);
    });
    this.#cancelReachTimer = this.#limitReach();
    this.#transport = dial(target, {
      reached: () => {
        this.#wasReached = true;
        this.#cancelReachTimer();
      },
      opened: (version) => {
        this.#version = version;
      },
      message: (frame) => this.#receive(frame),
      closed: (reason, detail) => this.#end(reason, detail),
    });
    this.#outlet = new FrameOutlet(this.#transport, events.dropped);
  }

  /** Whether the relay owes an answer for too long, or has announced its end. */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  /** When the relay last said anything, monotonic milliseconds. */
  get lastHeardAtMs(): number {
    return this.#liveness.lastHeardAtMs;
  }

  /** Sends a datagram frame. Only after `loggedIn`; before and after it is dropped. */
  send(frame: Uint8Array, peer: RouteKey, nowMs: number): void {
    if (this.#phase !== 'open') {
      this.#components.events.dropped(frame, peer);
      return;
    }
    if (this.#liveness.sent(nowMs)) this.#judge();
    this.#outlet.send(frame, peer);
  }

  /** Whether nothing can come back on the way it has taken, as this machine is elsewhere now. */
  get isStranded(): boolean {
    return this.#transport.isStranded;
  }

  /** Asks the relay for a sign of life now; where none can come, this is its end. */
  checkNow(): void {
    if (this.isStranded) this.#end('closed', 'this machine has another address now');
    if (this.#phase !== 'open') return;
    this.#liveness.suspect();
    this.#judge();
  }

  /** Ends the socket as a broken one ends: whoever keeps the session is told. */
  drop(): void {
    this.#end('closed', 'dropped by this device');
  }

  /** Ends the session without telling `ended`. */
  close(): void {
    if (this.#phase !== 'ended') this.#shut();
  }

  /** In a network that swallows everything, short attempts find out sooner that it does so no more. */
  #limitReach(): Cancel {
    const { clock, isPatient, usualRttMs } = this.#components;
    const rttMs = usualRttMs();
    if (isPatient || rttMs === null) return () => undefined;
    const deadlineMs = Math.min(LOGIN_DEADLINE_MS, Math.max(LEAST_REACH_DEADLINE_MS, 1_000 + 4 * rttMs));
    return clock.setTimer(deadlineMs, () => this.#endUnanswered(`not reached within ${deadlineMs} ms`));
  }

  #receive(frame: Buffer): void {
    if (this.#phase === 'ended') return;
    try {
      if (this.#phase === 'login') this.#login(frame);
      else if (isDatagramToClient(frame)) this.#receiveDatagrams(frame);
      else {
        const control = decodeRelayFrame(frame, this.#version);
        this.#heard(this.#components.clock.monotonicMs(), () => this.#control(control));
      }
    } catch (error) {
      if (!(error instanceof RelayProtocolError)) throw error;
      this.#end('protocol', error.message);
    }
  }

  #login(frame: Buffer): void {
    const step = decodeServerHandshakeFrame(frame);
    switch (step.type) {
      case 'challenge':
        this.#answerChallenge(step.challenge);
        return;
      case 'confirmed':
        this.#phase = 'open';
        this.#liveness.heard(this.#components.clock.monotonicMs());
        this.#components.events.loggedIn();
        this.#judge();
        return;
      case 'denied':
        this.#end(this.#isProofRefused(step.reason) ? 'notConfigured' : 'auth', step.reason);
    }
  }

  /** It wanted the bare answer. */
  #isProofRefused(reason: string): boolean {
    return !this.#components.target.isConfigured && this.#hasSigned && /signature/i.test(reason);
  }

  #answerChallenge(challenge: Uint8Array): void {
    if (this.#hasSigned) {
      this.#end('protocol', 'a second challenge');
      return;
    }
    if (this.#components.isOwnChallenge(challenge)) {
      this.#end('protocol', 'the relay is this switchboard itself');
      return;
    }
    this.#hasSigned = true;
    this.#transport.send(encodeClientAuth(this.#proofFor(challenge)));
  }

  /**
   * A bare answer to a challenge would do at any relay: one that a peer named could pass on the challenge of another, and
   * log in there as this device.
   */
  #proofFor(challenge: Uint8Array): ClientAuth {
    const { isConfigured, secretKey, url } = this.#components.target;
    return isConfigured ? signChallenge(secretKey, challenge) : signNamedChallenge(secretKey, challenge, hostOf(url));
  }

  #receiveDatagrams(frame: Buffer): void {
    checkDatagramSize(frame);
    const nowMs = this.#components.clock.monotonicMs();
    this.#heard(nowMs, () => {
      this.#liveness.received(nowMs);
      this.#components.events.datagrams(frame, nowMs);
    });
  }

  #control(frame: RelayFrame): void {
    switch (frame.type) {
      case 'pong':
        this.#answered(frame.payload);
        return;
      case 'ping':
        this.#outlet.sendControl('pong', encodePong(frame.payload));
        return;
      case 'endpointGone':
        this.#components.events.peerGone(routeKeyOf(frame.endpointKey));
        return;
      case 'status':
        if (frame.health === 'same-endpoint-connected') this.#end('displaced', 'another login with the same key');
        if (frame.health === 'rate-limited') this.#components.events.rateLimited();
        return;
      case 'restarting':
        this.#isLeaving = true;
        this.#setDoubt(true);
        this.#components.events.restarting(frame.reconnectInMs);
        return;
      case 'health':
        if (SAME_KEY_PROBLEM.test(frame.problem)) this.#end('displaced', 'another login with the same key');
        return;
      case 'datagrams':
        return;
      default:
        assertNever(frame);
    }
  }

  #answered(payload: Uint8Array): void {
    const rttMs = this.#liveness.answered(pingOf(payload), this.#components.clock.monotonicMs());
    if (rttMs !== null) this.#components.events.roundTrip(rttMs);
  }

  /** @param take what the frame leads to */
  #heard(nowMs: number, take: () => void): void {
    const wasOwed = this.#liveness.heard(nowMs);
    if (this.#isInDoubt && !this.#isLeaving) this.#setDoubt(false);
    take();
    // Nothing is waited for any more: awake as it is, the device need not wake up to find that out.
    if (wasOwed) this.#judge();
  }

  #judge(): void {
    if (this.#phase !== 'open') return;
    const verdict = this.#liveness.judge(this.#components.clock.monotonicMs());
    this.#cancelTimer();
    if (verdict.isDead) {
      this.#end('timeout', 'the relay does not answer');
      return;
    }
    if (verdict.ping !== null) this.#outlet.sendControl('ping', encodePing(payloadOf(verdict.ping)));
    this.#cancelTimer = this.#components.clock.setTimer(verdict.askAgainInMs, () => this.#judge());
    this.#setDoubt(verdict.isInDoubt || this.#isLeaving);
  }

  #setDoubt(isInDoubt: boolean): void {
    if (this.#isInDoubt === isInDoubt) return;
    this.#isInDoubt = isInDoubt;
    this.#components.events.doubtChanged(isInDoubt);
  }

  /** What takes a connection and says nothing is there; what takes none may be anywhere, and what has no address yet nowhere. */
  #endUnanswered(detail: string): void {
    this.#end(this.#wasReached ? 'timeout' : this.#transport.unreachedReason, detail);
  }

  #end(reason: RelayDownReason, detail: string): void {
    if (this.#phase === 'ended') return;
    this.#shut();
    this.#components.events.ended(reason, detail, this.#wasReached);
  }

  #shut(): void {
    this.#phase = 'ended';
    this.#cancelTimer();
    this.#cancelReachTimer();
    this.#outlet.close();
    this.#transport.terminate();
  }
}

/** A ping's name as the eight bytes it travels in, the first two of them zero. */
const payloadOf = (ping: number): Uint8Array => {
  const payload = new Uint8Array(PING_PAYLOAD_BYTES);
  let rest = ping;
  for (let index = PING_PAYLOAD_BYTES - 1; rest > 0; index -= 1) {
    payload[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return payload;
};

/** The number that some bytes are. That of eight may be too large to be exact, and is no name then. */
const pingOf = (payload: Uint8Array): number => {
  let ping = 0;
  for (const byte of payload) ping = ping * 256 + byte;
  return ping;
};
