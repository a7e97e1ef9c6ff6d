import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, Random } from '@bowline/contracts';

/** 256 bits: nobody guesses one. */
const TOKEN_BYTES = 32;

/** How long a link may lie before it is opened. A person opens it at once; a terminal keeps it in its history for ever. */
export const ONE_TIME_TTL_MS = 60_000;

/** A page that has not been heard for so long is closed, or its machine slept: it opens a new link then. */
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
}

export const accessTokens = ({ clock, random }: { readonly clock: Clock; readonly random: Random }): AccessTokens => {
  const oneTimes = new Map<string, { readonly digest: Buffer; readonly untilMs: number }>();
  const sessions = new Map<string, { readonly digest: Buffer; untilMs: number }>();

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
      });
      dropOldest(sessions, MAX_SESSIONS);
      return session.token;
    },
    isSession: (token) => {
      const digest = digestOf(token);
      const session = find(sessions, digest);
      if (session === undefined) return false;
      if (clock.monotonicMs() > session.untilMs) {
        sessions.delete(digest.toString('hex'));
        return false;
      }
      session.untilMs = clock.monotonicMs() + SESSION_IDLE_MS;
      return true;
    },
  };
};

/** Looked up by digest: how long that takes says nothing of the token. */
const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

const find = <T extends { readonly digest: Buffer }>(kept: ReadonlyMap<string, T>, digest: Buffer): T | undefined => {
  const found = kept.get(digest.toString('hex'));
  return found !== undefined && timingSafeEqual(found.digest, digest) ? found : undefined;
};

const dropOldest = (kept: Map<string, unknown>, most: number): void => {
  const [oldest] = kept.keys();
  if (kept.size > most && oldest !== undefined) kept.delete(oldest);
};
