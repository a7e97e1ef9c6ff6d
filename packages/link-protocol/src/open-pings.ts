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
  readonly sentAtMs: number;
  readonly waiter: { readonly resolve: (rttMs: number) => void; readonly reject: (error: Error) => void } | null;
}

export const openPings = (clock: Clock, { least, count }: NonceRange = OWNERS_NONCE_RANGE): OpenPings => {
  const pings = new Map<number, OpenPing>();
  let opened = 0;

  const forgetOldest = (): void => {
    const [oldest] = pings;
    if (oldest?.[1].waiter === null) pings.delete(oldest[0]);
  };
  const add = (waiter: OpenPing['waiter']): number => {
    const nonce = least + (opened % count);
    opened += 1;
    if (pings.size >= MAX_OPEN) forgetOldest();
    pings.set(nonce, { sentAtMs: clock.monotonicMs(), waiter });
    return nonce;
  };

  return {
    open: () => add(null),
    openAndWait: (signal, giveUp) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const onAbort = (): void => {
        pings.delete(nonce);
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
      const ping = pings.get(nonce);
      if (ping === undefined) return null;
      pings.delete(nonce);
      const rttMs = clock.monotonicMs() - ping.sentAtMs;
      ping.waiter?.resolve(rttMs);
      return rttMs;
    },
    close: (error) => {
      const open = [...pings.values()];
      pings.clear();
      for (const { waiter } of open) waiter?.reject(error);
    },
  };
};
