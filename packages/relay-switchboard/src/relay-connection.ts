import type {
  Cancel,
  Clock,
  Logger,
  Random,
  RelayConnectionState,
  RelayDownReason,
  RelayUrl,
} from '@bowline/contracts';
import { machineClock, statePath, type WatchedActor } from '@bowline/machines';
import type { RouteKey } from '@bowline/relay-protocol';
import { type Actor, createActor, type SnapshotFrom } from 'xstate';
import { HeldFrames } from './held-frames.ts';
import { RecentFrames } from './recent-frames.ts';
import { LONGEST_RETRY_MS, retryDelayMs } from './reconnect-pace.ts';
import { downReasonOf, type RelayConnectionContext, relayConnectionMachine } from './relay-connection-machine.ts';
import type { RelayRecord } from './relay-record.ts';
import { RelaySession } from './relay-session.ts';
import type { DialRelay } from './relay-transport.ts';

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
  /** It owed an answer for long, and its connection outlived that: it answers again. */
  readonly answeredAgain: () => void;
  /** Its latency is another one. */
  readonly measured: () => void;
  readonly dropped: (frame: Uint8Array, peer: RouteKey) => void;
  readonly sent: (frame: Uint8Array, peer: RouteKey) => void;
  /** A frame may have been lost with the relay: send it again over another one. Told after `isUsable` has become false. */
  readonly lost: (frame: Uint8Array, peer: RouteKey) => void;
}

/**
 * In doubt for at least so long, milliseconds, a relay was out of reach: whoever was dialled meanwhile waits for QUIC, which repeats
 * a first packet after a second, and then after twice as long each time.
 */
const LONG_DOUBT_MS = 1_000;

/** Of so many attempts in a row that nothing answered, one waits for TCP as long as for a login: some ways are slow. */
const PATIENT_EVERY = 8;

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
  /** Lists the machine among those that can be watched. @returns what takes it off again */
  readonly watch: (machine: WatchedActor) => Cancel;
}

/**
 * One identity's presence at one relay, as its machine decides; frames pass beside the machine.
 *
 * Long because each effect of the machine is a method here.
 */
export class RelayConnection {
  readonly #components: RelayConnectionComponents;
  readonly #held: HeldFrames;
  readonly #recent = new RecentFrames();
  readonly #life: Actor<typeof relayConnectionMachine>;
  readonly #stopWatching: Cancel;
  #session: RelaySession | null = null;
  /** The session while datagrams go over it. */
  #open: RelaySession | null = null;
  #state: RelayConnectionState = 'connecting';
  #attemptAtMs = 0;
  #doubtedAtMs = 0;
  #neededAtMs: number;
  #tokens: readonly string[];

  constructor(components: RelayConnectionComponents) {
    const { clock } = components;
    this.#components = components;
    this.#tokens = components.tokens;
    this.#held = new HeldFrames(clock, components.events.dropped);
    this.#neededAtMs = clock.monotonicMs();
    this.#life = createActor(this.#machine(), { clock: machineClock(clock) });
    this.#stopWatching = components.watch(this.#life);
    let told = statePath(this.#life.getSnapshot().value);
    this.#life.subscribe((snapshot) => {
      const state = statePath(snapshot.value);
      if (state === told) return;
      told = state;
      this.#state = outerStateOf(snapshot);
      components.events.changed();
    });
    this.#life.start();
  }

  get url(): RelayUrl {
    return this.#components.record.url;
  }

  get state(): RelayConnectionState {
    return this.#state;
  }

  get downReason(): RelayDownReason | null {
    return this.#context.downReason;
  }

  /** Connected, and no answer is overdue. */
  get isUsable(): boolean {
    return this.#open?.isInDoubt === false;
  }

  /** Displaced by another login of its own key, and on its way back at once: the relay works. */
  get isReturning(): boolean {
    return this.#context.isReturning;
  }

  /** Since when it is connected without a break, monotonic milliseconds. */
  get connectedSinceMs(): number | null {
    return this.#context.connectedSinceMs;
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
    if (this.#open !== null) {
      this.#recent.note(frame, peer, nowMs);
      this.#components.events.sent(frame, peer);
      this.#open.send(frame, peer, nowMs);
      return;
    }
    this.#held.hold(frame, peer);
  }

  /** Pings now when connected, tries now when down; the backoff starts over. */
  checkNow(): void {
    this.#life.send({ type: 'check.asked' });
  }

  /** Logs in with other tokens from now on: at once where the relay is down, at the next login where it is connected. */
  replaceTokens(tokens: readonly string[]): void {
    if (this.#tokens.length === tokens.length && this.#tokens.every((token, at) => token === tokens[at])) return;
    this.#tokens = tokens;
    this.#life.send({ type: 'tokens.replaced' });
  }

  /** Drops the login as if the connection had broken: it comes back by itself. */
  drop(): void {
    this.#session?.drop();
  }

  /** Ends the login for good. */
  close(): void {
    this.#life.send({ type: 'relay.left' });
    this.#stopWatching();
  }

  get #context(): RelayConnectionContext {
    return this.#life.getSnapshot().context;
  }

  #machine(): typeof relayConnectionMachine {
    const { clock, events, logger, random, record } = this.#components;
    return relayConnectionMachine.provide({
      actions: {
        logIn: ({ context }) => this.#logIn(context),
        open: () => {
          this.#open = this.#session;
          const nowMs = clock.monotonicMs();
          this.#held.release((frame, peer) => this.send(frame, peer, nowMs));
        },
        shut: () => {
          this.#open = null;
        },
        noteEnd: ({ context, event }) => {
          if (event.type !== 'session.ended') return;
          const { reason, detail, atMs } = event;
          if (context.connectedSinceMs === null) record.failed(atMs);
          // Another login of our own key is no fault of the relay.
          else if (downReasonOf(context, event) !== 'displaced') record.lost(atMs);
          logger.debug({ relayUrl: record.url, reason, detail }, 'relay connection ended');
        },
        rescue: () => {
          const lastHeardAtMs = this.#session?.lastHeardAtMs ?? clock.monotonicMs();
          for (const { frame, peer } of this.#recent.takeSince(lastHeardAtMs - LOST_WITH_RELAY_MS)) {
            events.lost(frame, peer);
          }
        },
        ping: () => this.#session?.checkNow(),
        warnOfClone: () =>
          logger.warn({ relayUrl: record.url }, 'another program is logged in at this relay with the same key'),
        leave: () => {
          this.#open = null;
          this.#session?.close();
          this.#session = null;
          this.#held.clear();
        },
      },
      guards: {
        isAttemptOld: () =>
          clock.monotonicMs() - this.#attemptAtMs >= ATTEMPT_OLD_AFTER_MS || this.#session?.isStranded === true,
      },
      delays: {
        retryPause: ({ context }) => this.#retryPauseMs(context),
        contestedPause: () => {
          const { least, most } = CONTESTED_RETRY_MS;
          return least + random.ratio() * (most - least);
        },
      },
    });
  }

  #logIn({ failures, refusals }: RelayConnectionContext): void {
    this.#session?.close();
    const { clock, dial, events, isConfigured, isOwnChallenge, logger, random, record, secretKey } = this.#components;
    this.#attemptAtMs = clock.monotonicMs();
    const token = this.#tokens[refusals % this.#tokens.length] ?? null;
    this.#session = new RelaySession({
      target: { url: record.url, isConfigured: isConfigured(), token, secretKey },
      clock,
      random,
      dial,
      isOwnChallenge,
      usualRttMs: () => record.rttMs,
      isPatient: failures % PATIENT_EVERY === PATIENT_EVERY - 1,
      events: {
        loggedIn: () => this.#life.send({ type: 'login.confirmed', atMs: clock.monotonicMs() }),
        datagrams: events.datagrams,
        peerGone: events.peerGone,
        roundTrip: (rttMs) => {
          if (record.measured(rttMs, clock.monotonicMs())) events.measured();
        },
        doubtChanged: (isInDoubt) => {
          logger.debug({ relayUrl: record.url, isInDoubt }, 'relay doubt changed');
          this.#life.send({ type: isInDoubt ? 'answer.overdue' : 'answer.came' });
          const nowMs = clock.monotonicMs();
          if (isInDoubt) this.#doubtedAtMs = nowMs;
          else if (nowMs - this.#doubtedAtMs >= LONG_DOUBT_MS) events.answeredAgain();
        },
        rateLimited: () => logger.warn({ relayUrl: record.url }, 'relay limits the rate of this device'),
        restarting: (reconnectInMs) => {
          this.#life.send({ type: 'restart.announced', reconnectInMs: Math.min(LONGEST_RETRY_MS, reconnectInMs) });
        },
        ended: (reason, detail, wasReached) =>
          this.#life.send({ type: 'session.ended', reason, detail, wasReached, atMs: clock.monotonicMs() }),
        dropped: events.dropped,
      },
    });
  }

  #retryPauseMs({ comeBackInMs, downSinceMs, failures, isRebuffed }: RelayConnectionContext): number {
    const { clock, downCount, isWanted, random } = this.#components;
    const nowMs = clock.monotonicMs();
    const need = {
      failures,
      isWanted: isWanted(),
      isRebuffed,
      downForMs: nowMs - (downSinceMs ?? nowMs),
      attemptMs: nowMs - this.#attemptAtMs,
      // Its own state is told only once the machine has come to it.
      downCount: downCount() + (this.#state === 'down' ? 0 : 1),
    };
    return Math.max(retryDelayMs(need, random), comeBackInMs ?? 0);
  }
}

const outerStateOf = (snapshot: SnapshotFrom<typeof relayConnectionMachine>): RelayConnectionState => {
  if (snapshot.matches('connected')) return 'connected';
  return snapshot.matches('connecting') ? 'connecting' : 'down';
};
