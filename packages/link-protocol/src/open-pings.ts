import type { Clock } from '@bowline/contracts';

/** Pings under way on one link, and who waits for their answers. No bounded map: a ping somebody waits for gives way to none. */
export interface OpenPings {
  /** The nonce of a ping that nobody waits for. */
  open(): number;
  /** The nonce of a ping, and its round trip in milliseconds. Rejects with what `giveUp` makes of an abort, or with the error of `close`. */
  openAndWait(signal: AbortSignal, giveUp: () => Error): { readonly nonce: number; readonly rttMs: Promise<number> };
  /** The round trip of the ping that is answered, or `null` when no such ping is under way. */
  answer(nonce: number): number | null;
  /** The link is over: everyone who waits is told. */
  close(error: Error): void;
}

/** Nonces are 32-bit numbers on the wire. */
const NONCES = 2 ** 32;

/**
 * Those of idle heartbeats are below, one byte on the wire: an endpoint may answer them. Whoever asks with another wants an
 * answer of the one that owns the link.
 */
export const IDLE_NONCES = 24;

/** Which nonces the pings of one asker have. */
export interface NonceRange {
  readonly least: number;
  readonly count: number;
}

export const IDLE_NONCE_RANGE: NonceRange = { least: 0, count: IDLE_NONCES };
const OWNERS_NONCE_RANGE: NonceRange = { least: IDLE_NONCES, count: NONCES - IDLE_NONCES };

/** More unanswered pings than a link survives; older ones nobody waits for are forgotten. */
const MAX_OPEN = 256;

interface OpenPing {
  readonly nonce: number;
  readonly sentAtMs: number;
  readonly waiter: { readonly resolve: (rttMs: number) => void; readonly reject: (error: Error) => void } | null;
}

export const openPings = (clock: Clock, { least, count }: NonceRange = OWNERS_NONCE_RANGE): OpenPings => {
  /** Oldest first. Mostly it is one, and is gone at once: a list costs less than a map then. */
  const pings: OpenPing[] = [];
  let opened = 0;

  /** @returns the ping that had the nonce */
  const take = (nonce: number): OpenPing | undefined => {
    const at = pings.findIndex((ping) => ping.nonce === nonce);
    return at < 0 ? undefined : pings.splice(at, 1)[0];
  };
  const add = (waiter: OpenPing['waiter']): number => {
    const nonce = least + (opened % count);
    opened += 1;
    // Nonces come again once all of their range were used.
    if (opened > count) take(nonce);
    if (pings.length >= MAX_OPEN && pings[0]?.waiter === null) pings.shift();
    pings.push({ nonce, sentAtMs: clock.monotonicMs(), waiter });
    return nonce;
  };

  return {
    open: () => add(null),
    openAndWait: (signal, giveUp) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const onAbort = (): void => {
        take(nonce);
        reject(giveUp());
      };
      const nonce = add({
        resolve: (rttMs) => {
          signal.removeEventListener('abort', onAbort);
          resolve(rttMs);
        },
        reject: (error) => {
          signal.removeEventListener('abort', onAbort);
          reject(error);
        },
      });
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      return { nonce, rttMs: promise };
    },
    answer: (nonce) => {
      const ping = take(nonce);
      if (ping === undefined) return null;
      const rttMs = clock.monotonicMs() - ping.sentAtMs;
      ping.waiter?.resolve(rttMs);
      return rttMs;
    },
    close: (error) => {
      for (const { waiter } of pings.splice(0)) waiter?.reject(error);
    },
  };
};
