import { TimeJump } from '@bowline/limits';

/** Pause between pings while datagrams flow, milliseconds: with the time to doubt it finds a hanging relay within a second. */
const PING_IN_USE_MS = 500;

/** Pause between pings while nothing flows, milliseconds: the pace of QUIC's own keep-alive on relayed paths. */
const PING_IDLE_MS = 5_000;

/** Pause between the first pings after a login, milliseconds: a comparable latency is known after a second. */
const PING_EARLY_MS = 200;

/** Round trips wanted early. */
const EARLY_SAMPLES = 5;

/** A relay counts as in use for this long after a datagram, milliseconds. */
const IN_USE_FOR_MS = 3_000;

/** Bounds of the time an answer may take before the relay is in doubt, milliseconds. */
const DOUBT_AFTER_MS = { least: 400, most: 1_000 } as const;

/** Silence after which a connection is given up, milliseconds, though its socket is open. */
const DEAD_AFTER_MS = 4_000;

/** The same right after the network changed, when an old socket is more likely dead than slow. */
const DEAD_AFTER_CHECK_MS = 1_500;

/** Time without a single answer after which a connection is given up although other frames come, milliseconds: the relay does not read. */
const DEAF_AFTER_MS = 10_000;

/** A verdict asked for this much later than agreed, milliseconds, means that this process stood still, not the relay. */
const STALLED_BY_MS = 500;

/** Pings kept as unanswered; more are never needed for round trips. */
const MAX_OUTSTANDING = 16;

/** What there is to do for a connection now. */
export interface LivenessVerdict {
  /** A ping of this name is to be sent; `null` for none. */
  readonly ping: number | null;
  readonly isInDoubt: boolean;
  readonly isDead: boolean;
  /** When to ask again at the latest, milliseconds from now. */
  readonly askAgainInMs: number;
}

/**
 * Tells from pings, answers and traffic whether the relay behind an open socket still works. Pure: time comes in.
 *
 * Any frame from the relay proves that it lives; only answers measure the round trip.
 */
export class RelayLiveness {
  readonly #newPing: () => number;
  readonly #medianMs: () => number | null;
  /** The pings not answered yet, oldest first. Mostly it is one, and is gone at once: a list costs less than a map then. */
  readonly #outstanding: { readonly ping: number; readonly sentAtMs: number }[] = [];
  #pingCount = 0;
  #lastPingAtMs = Number.NEGATIVE_INFINITY;
  #lastHeardAtMs: number;
  #lastTrafficAtMs = Number.NEGATIVE_INFINITY;
  /** Datagrams were sent that no ping has followed yet. */
  #isUnproven: boolean = false;
  #samples = 0;
  /** Send time of the oldest ping since the relay was last heard; `null` when it owes no answer. */
  #owedSinceMs: number | null = null;
  #deadAfterMs: number = DEAD_AFTER_MS;
  readonly #standstill = new TimeJump(STALLED_BY_MS);

  /**
   * @param newPing names a ping, each time anew and unpredictably
   * @param medianMs the relay's usual round trip as far as it is known, milliseconds
   */
  constructor(nowMs: number, newPing: () => number, medianMs: () => number | null = () => null) {
    this.#lastHeardAtMs = nowMs;
    this.#newPing = newPing;
    this.#medianMs = medianMs;
  }

  /** When the last frame came, monotonic milliseconds. */
  get lastHeardAtMs(): number {
    return this.#lastHeardAtMs;
  }

  /**
   * A datagram came in: it proves the relay by itself. Whether what is sent reaches it is asked of what is sent, which on a path in
   * use is not long in coming.
   */
  received(nowMs: number): void {
    this.#lastTrafficAtMs = nowMs;
  }

  /**
   * A datagram went out. Each is followed by a ping, at the pace of use: what flows is proven as it flows, and the keep-alive of a
   * path that is kept in reserve costs one ping and not those of seconds.
   *
   * @returns whether a verdict may be due sooner than agreed
   */
  sent(nowMs: number): boolean {
    this.#lastTrafficAtMs = nowMs;
    const wasUnproven = this.#isUnproven;
    this.#isUnproven = true;
    return !wasUnproven;
  }

  /** Whether datagrams flowed lately. */
  isInUse(nowMs: number): boolean {
    return nowMs - this.#lastTrafficAtMs < IN_USE_FOR_MS;
  }

  /** Any frame came. @returns whether an answer was owed, so that there is less to do than the last verdict says */
  heard(nowMs: number): boolean {
    const wasOwed = this.#owedSinceMs !== null;
    this.#lastHeardAtMs = nowMs;
    this.#owedSinceMs = null;
    this.#deadAfterMs = DEAD_AFTER_MS;
    return wasOwed;
  }

  /** An answer came. @returns the round trip in milliseconds; `null` for a ping that is not ours or was answered before */
  answered(ping: number, nowMs: number): number | null {
    const at = this.#outstanding.findIndex((sent) => sent.ping === ping);
    const answered = this.#outstanding[at];
    if (answered === undefined) return null;
    // What was sent before it is not waited for any more.
    this.#outstanding.splice(0, at + 1);
    this.#samples += 1;
    return nowMs - answered.sentAtMs;
  }

  /** The network may have changed: the next verdict pings, and silence is judged more strictly. */
  suspect(): void {
    this.#lastPingAtMs = Number.NEGATIVE_INFINITY;
    this.#deadAfterMs = DEAD_AFTER_CHECK_MS;
  }

  /** What to do now. A ping it names counts as sent. */
  judge(nowMs: number): LivenessVerdict {
    if (this.#standstill.lateMs(nowMs) > 0) this.#forgive();
    const ping = nowMs - this.#lastPingAtMs >= this.#pauseMs(nowMs) ? this.#sendPing(nowMs) : null;
    const owedForMs = this.#owedSinceMs === null ? 0 : nowMs - this.#owedSinceMs;
    const doubtAfterMs = this.#doubtAfterMs();
    const isInDoubt = this.#owedSinceMs !== null && owedForMs >= doubtAfterMs;
    const oldestPingAtMs = this.#outstanding[0]?.sentAtMs ?? nowMs;
    const untilPingMs = this.#lastPingAtMs + this.#pauseMs(nowMs) - nowMs;
    const answerLeftMs = (isInDoubt ? this.#deadAfterMs : doubtAfterMs) - owedForMs;
    const askAgainInMs = Math.max(1, this.#owedSinceMs === null ? untilPingMs : Math.min(untilPingMs, answerLeftMs));
    this.#standstill.expectAt(nowMs + askAgainInMs);
    const isSilent = this.#owedSinceMs !== null && owedForMs >= this.#deadAfterMs;
    return { ping, isInDoubt, isDead: isSilent || nowMs - oldestPingAtMs >= DEAF_AFTER_MS, askAgainInMs };
  }

  /** After a standstill of our own, answers may be waiting unread: everything is asked anew. */
  #forgive(): void {
    this.#owedSinceMs = null;
    this.#outstanding.length = 0;
    this.suspect();
  }

  #pauseMs(nowMs: number): number {
    if (this.#samples < EARLY_SAMPLES && this.#pingCount < 2 * EARLY_SAMPLES) return PING_EARLY_MS;
    const isProofWanted = this.#isUnproven && this.isInUse(nowMs);
    return isProofWanted || this.#owedSinceMs !== null ? PING_IN_USE_MS : PING_IDLE_MS;
  }

  #sendPing(nowMs: number): number {
    const ping = this.#newPing();
    this.#pingCount += 1;
    this.#isUnproven = false;
    this.#lastPingAtMs = nowMs;
    this.#owedSinceMs ??= nowMs;
    if (this.#outstanding.length >= MAX_OUTSTANDING) this.#outstanding.shift();
    this.#outstanding.push({ ping, sentAtMs: nowMs });
    return ping;
  }

  /** Three round trips and a little, within bounds: early enough to matter, late enough not to be noise. */
  #doubtAfterMs(): number {
    const medianMs = this.#medianMs() ?? DOUBT_AFTER_MS.most;
    return Math.min(DOUBT_AFTER_MS.most, Math.max(DOUBT_AFTER_MS.least, 3 * medianMs + 100));
  }
}
