import type {
  Cancel,
  Clock,
  Logger,
  Random,
  RelayConnectionState,
  RelayDownReason,
  RelayUrl,
} from '@bowline/contracts';
import type { RouteKey } from '@bowline/relay-protocol';
import { HeldFrames } from './held-frames.ts';
import { RecentFrames } from './recent-frames.ts';
import { LONGEST_RETRY_MS, retryDelayMs } from './reconnect-pace.ts';
import type { RelayRecord } from './relay-record.ts';
import { RelaySession } from './relay-session.ts';
import type { DialRelay } from './relay-transport.ts';

/** A connection has to last this long, milliseconds, before its loss is answered as quickly as a first one. */
const SETTLED_AFTER_MS = 5_000;

/**
 * Displacements within {@link DISPLACED_WINDOW_MS} that are answered by logging in again at once: one is usual when the
 * endpoint itself is logged in at the same relay, more mean that somebody else claims the same key just as stubbornly.
 */
const DISPLACEMENTS_ANSWERED = 3;
/** One more than are answered is all that has to be known. */
const DISPLACEMENTS_REMEMBERED = DISPLACEMENTS_ANSWERED + 1;
const DISPLACED_WINDOW_MS = 60_000;

/**
 * Until the next login where the key is contested, milliseconds: often enough that whoever claims it, too, does not keep this
 * device out, seldom enough that two that are just as stubborn do no harm. Meanwhile home moves to another relay, if there is one.
 */
const CONTESTED_RETRY_MS = { least: 4_000, most: 8_000 } as const;

/** A login under way for longer than this is begun anew when the network has changed, milliseconds. */
const ATTEMPT_OLD_AFTER_MS = 500;

/**
 * Frames that went out this long before a relay was last heard count as lost with it, milliseconds: the way to the relay
 * and on to the peer.
 */
const LOST_WITH_RELAY_MS = 200;

/** What a connection tells whoever keeps it. */
export interface RelayConnectionEvents {
  /** `state`, `downReason` or `isInDoubt` changed. */
  readonly changed: () => void;
  readonly datagrams: (frame: Buffer, nowMs: number) => void;
  readonly peerGone: (peer: RouteKey) => void;
  readonly measured: () => void;
  readonly dropped: (frame: Uint8Array, peer: RouteKey) => void;
  readonly sent: (frame: Uint8Array, peer: RouteKey) => void;
  /** A frame may have been lost with the relay: send it again over another one. Told after `isUsable` has become false. */
  readonly lost: (frame: Uint8Array, peer: RouteKey) => void;
}

/** Of so many attempts in a row that nothing answered, one waits for TCP as long as for a login: some ways are slow. */
const PATIENT_EVERY = 8;

/** Reasons that are the relay's own: it is there, and does not want this login now. */
const REBUFFS: ReadonlySet<RelayDownReason> = new Set(['auth', 'version', 'protocol', 'tls', 'notConfigured']);

/** What a connection is made of. */
export interface RelayConnectionComponents {
  readonly record: RelayRecord;
  /** What may be shown at the login, best first; empty where nothing is known. Secrets. */
  readonly tokens: readonly string[];
  /** 32 bytes, a secret. */
  readonly secretKey: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly dial: DialRelay;
  readonly isOwnChallenge: (challenge: Uint8Array) => boolean;
  /** Whether this device was told to use the relay. */
  readonly isConfigured: () => boolean;
  /** Whether somebody waits for this relay to come back. */
  readonly isWanted: () => boolean;
  /** Connections that are down just now. */
  readonly downCount: () => number;
  readonly events: RelayConnectionEvents;
}

/**
 * One identity's presence at one relay: logs in, stays, and comes back after every loss until it is closed.
 *
 * Long because every end of an attempt decides the next one: when, how patiently, and with which token.
 */
export class RelayConnection {
  readonly #components: RelayConnectionComponents;
  readonly #held: HeldFrames;
  readonly #recent = new RecentFrames();
  #session: RelaySession | null = null;
  #state: RelayConnectionState = 'connecting';
  #downReason: RelayDownReason | null = null;
  #connectedSinceMs: number | null = null;
  #failures = 0;
  /** Since when it is down, monotonic milliseconds; `null` while it is not, and before the first attempt ended. */
  #downSinceMs: number | null = null;
  #attemptAtMs = 0;
  #displacedAtMs: readonly number[] = [];
  #comeBackInMs: number | null = null;
  #isReturning: boolean = false;
  #cancelRetry: Cancel = () => undefined;
  #neededAtMs: number;
  #tokens: readonly string[];
  /** How often the relay has refused one of {@link #tokens}: the next one has its turn. */
  #refusals = 0;

  constructor(components: RelayConnectionComponents) {
    this.#components = components;
    this.#tokens = components.tokens;
    this.#held = new HeldFrames(components.clock, components.events.dropped);
    this.#neededAtMs = components.clock.monotonicMs();
    this.#connect();
  }

  get url(): RelayUrl {
    return this.#components.record.url;
  }

  get state(): RelayConnectionState {
    return this.#state;
  }

  get downReason(): RelayDownReason | null {
    return this.#downReason;
  }

  /** Connected, and no answer is overdue. */
  get isUsable(): boolean {
    return this.#state === 'connected' && this.#session?.isInDoubt === false;
  }

  /** Displaced by another login of its own key, and on its way back at once: the relay works. */
  get isReturning(): boolean {
    return this.#isReturning;
  }

  /** Since when it is connected without a break, monotonic milliseconds. */
  get connectedSinceMs(): number | null {
    return this.#connectedSinceMs;
  }

  /** When this device last needed it, monotonic milliseconds; at first the time of opening. */
  get neededAtMs(): number {
    return this.#neededAtMs;
  }

  /** This device sends over it, or hears a peer that is known to be there. Whatever else the relay says is no need. */
  need(nowMs: number): void {
    this.#neededAtMs = nowMs;
  }

  /** Sends a datagram frame, or keeps it for the moment of the first login, or drops it. */
  send(frame: Uint8Array, peer: RouteKey, nowMs: number): void {
    if (this.#state === 'connected' && this.#session !== null) {
      this.#recent.note(frame, peer, nowMs);
      this.#components.events.sent(frame, peer);
      this.#session.send(frame, peer, nowMs);
      return;
    }
    this.#held.hold(frame, peer);
  }

  /** Pings now when connected, tries now when down; the backoff starts over. */
  checkNow(): void {
    this.#failures = 0;
    this.#downSinceMs = null;
    if (this.#state === 'connected') this.#session?.checkNow();
    else if (this.#session === null || this.#isAttemptOld()) this.#connect();
  }

  /** Logs in with other tokens from now on: at once where the relay is down, at the next login where it is connected. */
  replaceTokens(tokens: readonly string[]): void {
    if (this.#tokens.length === tokens.length && this.#tokens.every((token, at) => token === tokens[at])) return;
    this.#tokens = tokens;
    this.#refusals = 0;
    if (this.#state !== 'connected') this.checkNow();
  }

  /** Ends the login for good. */
  close(): void {
    this.#cancelRetry();
    this.#session?.close();
    this.#session = null;
    this.#held.clear();
  }

  /** An attempt begun before the network changed may wait for an answer that cannot come any more. */
  #isAttemptOld(): boolean {
    return this.#components.clock.monotonicMs() - this.#attemptAtMs >= ATTEMPT_OLD_AFTER_MS;
  }

  #connect(): void {
    this.#cancelRetry();
    this.#session?.close();
    this.#attemptAtMs = this.#components.clock.monotonicMs();
    const { clock, dial, events, isConfigured, isOwnChallenge, random, record, secretKey } = this.#components;
    const token = this.#tokens[this.#refusals % this.#tokens.length] ?? null;
    this.#session = new RelaySession({
      target: { url: record.url, isConfigured: isConfigured(), token, secretKey },
      clock,
      random,
      dial,
      isOwnChallenge,
      usualRttMs: () => record.rttMs,
      isPatient: this.#failures % PATIENT_EVERY === PATIENT_EVERY - 1,
      events: {
        loggedIn: () => this.#loggedIn(),
        datagrams: events.datagrams,
        peerGone: events.peerGone,
        roundTrip: (rttMs) => {
          record.measured(rttMs, clock.monotonicMs());
          events.measured();
        },
        doubtChanged: (isInDoubt) => {
          this.#components.logger.debug({ relayUrl: record.url, isInDoubt }, 'relay doubt changed');
          events.changed();
          if (isInDoubt) this.#tellLost();
        },
        rateLimited: () =>
          this.#components.logger.warn({ relayUrl: record.url }, 'relay limits the rate of this device'),
        restarting: (reconnectInMs) => {
          this.#comeBackInMs = Math.min(LONGEST_RETRY_MS, reconnectInMs);
        },
        ended: (reason, detail, wasReached) => this.#ended(reason, detail, wasReached),
        dropped: events.dropped,
      },
    });
  }

  #loggedIn(): void {
    this.#state = 'connected';
    this.#isReturning = false;
    this.#downReason = null;
    this.#downSinceMs = null;
    const nowMs = this.#components.clock.monotonicMs();
    this.#connectedSinceMs = nowMs;
    this.#comeBackInMs = null;
    this.#held.release((frame, peer) => this.send(frame, peer, nowMs));
    this.#components.events.changed();
  }

  #ended(reason: RelayDownReason, detail: string, wasReached: boolean): void {
    const { clock, events, logger, record } = this.#components;
    const nowMs = clock.monotonicMs();
    if (reason === 'displaced') this.#displacedAtMs = [...this.#displacedAtMs, nowMs].slice(-DISPLACEMENTS_REMEMBERED);
    const lastedMs = this.#connectedSinceMs === null ? 0 : nowMs - this.#connectedSinceMs;
    if (this.#connectedSinceMs === null) record.failed(nowMs);
    // Another login of our own key is no fault of the relay.
    else if (reason !== 'displaced' || this.#isContested(nowMs)) record.lost(nowMs);
    const lastHeardAtMs = this.#session?.lastHeardAtMs ?? nowMs;
    if (reason === 'auth') this.#refusals += 1;
    this.#failures = lastedMs >= SETTLED_AFTER_MS ? 1 : this.#failures + 1;
    this.#session = null;
    this.#state = 'down';
    this.#downReason = reason === 'displaced' && this.#isContested(nowMs) ? 'contested' : reason;
    const isRebuffed =
      REBUFFS.has(reason) ||
      (reason === 'timeout' && wasReached && this.#connectedSinceMs === null) ||
      (this.#connectedSinceMs !== null && lastedMs < SETTLED_AFTER_MS);
    this.#connectedSinceMs = null;
    this.#downSinceMs ??= nowMs;
    const retryInMs = this.#retryInMs(reason, isRebuffed, nowMs);
    this.#isReturning = reason === 'displaced' && retryInMs === 0;
    this.#cancelRetry = clock.setTimer(retryInMs, () => this.#connect());
    logger.debug({ relayUrl: record.url, reason, detail, failures: this.#failures }, 'relay connection ended');
    events.changed();
    this.#tellLost(lastHeardAtMs);
  }

  #tellLost(lastHeardAtMs = this.#session?.lastHeardAtMs ?? 0): void {
    for (const { frame, peer } of this.#recent.takeSince(lastHeardAtMs - LOST_WITH_RELAY_MS)) {
      this.#components.events.lost(frame, peer);
    }
  }

  #retryInMs(reason: RelayDownReason, isRebuffed: boolean, nowMs: number): number {
    const { downCount, isWanted, random } = this.#components;
    const need = {
      failures: this.#failures,
      isWanted: isWanted(),
      isRebuffed,
      downForMs: nowMs - (this.#downSinceMs ?? nowMs),
      attemptMs: nowMs - this.#attemptAtMs,
      downCount: downCount(),
    };
    const usualMs = retryDelayMs(need, random);
    const comeBackInMs = this.#comeBackInMs;
    this.#comeBackInMs = null;
    if (reason !== 'displaced') return Math.max(usualMs, comeBackInMs ?? 0);
    if (!this.#isContested(nowMs)) return 0;
    this.#components.logger.warn(
      { relayUrl: this.#components.record.url },
      'another program is logged in at this relay with the same key',
    );
    const { least, most } = CONTESTED_RETRY_MS;
    return least + random.ratio() * (most - least);
  }

  /** Whether it was displaced so often of late that whoever did it will do it again. */
  #isContested(nowMs: number): boolean {
    return this.#displacedAtMs.filter((atMs) => nowMs - atMs < DISPLACED_WINDOW_MS).length > DISPLACEMENTS_ANSWERED;
  }
}
