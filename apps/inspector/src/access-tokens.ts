import { createHash, timingSafeEqual } from 'node:crypto';
import type { Cancel, Clock, Random } from '@bowline/contracts';

/** 256 bits: nobody guesses one. */
const TOKEN_BYTES = 32;

/** How long a link may lie before it is opened. A person opens it at once; a terminal keeps it in its history for ever. */
export const ONE_TIME_TTL_MS = 60_000;

/** A page that is not open, and was not heard for so long, opens a new link. */
export const SESSION_IDLE_MS = 12 * 3_600_000;

/** Far more links than a person opens in a minute, and pages than are looked at. The oldest goes first. */
const MAX_ONE_TIME = 16;
const MAX_SESSIONS = 32;

/** Who may talk to the inspector: links that open it once, and the pages opened by them. Kept in memory alone, as digests. */
export interface AccessTokens {
  /** A token that {@link AccessTokens.exchange} takes once, within {@link ONE_TIME_TTL_MS}. */
  issue(): string;
  /** @returns the token of a new session, or `null` when the one-time token is none, was used, or is too old */
  exchange(oneTime: string): string | null;
  /** Whether a session goes by this token; hearing of it keeps it. */
  isSession(token: string): boolean;
  /** Keeps a session as long as its page is open, even if nothing is heard of it. @returns what lets it go */
  hold(token: string): Cancel;
}

interface Session {
  readonly digest: Buffer;
  untilMs: number;
  /** Pages that are open with it. */
  holds: number;
}

export const accessTokens = ({ clock, random }: { readonly clock: Clock; readonly random: Random }): AccessTokens => {
  const oneTimes = new Map<string, { readonly digest: Buffer; readonly untilMs: number }>();
  const sessions = new Map<string, Session>();

  const make = (): { readonly token: string; readonly digest: Buffer } => {
    const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url');
    return { token, digest: digestOf(token) };
  };

  return {
    issue: () => {
      const { token, digest } = make();
      oneTimes.set(digest.toString('hex'), { digest, untilMs: clock.monotonicMs() + ONE_TIME_TTL_MS });
      dropOldest(oneTimes, MAX_ONE_TIME);
      return token;
    },
    exchange: (oneTime) => {
      const digest = digestOf(oneTime);
      const found = find(oneTimes, digest);
      if (found === undefined) return null;
      oneTimes.delete(digest.toString('hex'));
      if (clock.monotonicMs() > found.untilMs) return null;
      const session = make();
      sessions.set(session.digest.toString('hex'), {
        digest: session.digest,
        untilMs: clock.monotonicMs() + SESSION_IDLE_MS,
        holds: 0,
      });
      dropOldest(sessions, MAX_SESSIONS, ({ holds }) => holds === 0);
      return session.token;
    },
    isSession: (token) => {
      const digest = digestOf(token);
      const session = find(sessions, digest);
      if (session === undefined) return false;
      if (session.holds === 0 && clock.monotonicMs() > session.untilMs) {
        sessions.delete(digest.toString('hex'));
        return false;
      }
      session.untilMs = clock.monotonicMs() + SESSION_IDLE_MS;
      return true;
    },
    hold: (token) => {
      const session = find(sessions, digestOf(token));
      if (session === undefined) return () => undefined;
      session.holds += 1;
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        session.holds -= 1;
        session.untilMs = clock.monotonicMs() + SESSION_IDLE_MS;
      };
    },
  };
};

/** Looked up by digest: how long that takes says nothing of the token. */
const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

const find = <T extends { readonly digest: Buffer }>(kept: ReadonlyMap<string, T>, digest: Buffer): T | undefined => {
  const found = kept.get(digest.toString('hex'));
  return found !== undefined && timingSafeEqual(found.digest, digest) ? found : undefined;
};

const dropOldest = <T>(kept: Map<string, T>, most: number, mayGo: (value: T) => boolean = () => true): void => {
  if (kept.size <= most) return;
  const oldest = [...kept].find(([, value]) => mayGo(value));
  if (oldest !== undefined) kept.delete(oldest[0]);
};
