import type { Clock, PairingIdentity } from '@bowline/contracts';
import { PairingNotReadyError } from './errors.ts';

/** What this device last said of itself. */
export interface OwnIdentity {
  /** `null` before the endpoint is bound for the first time. */
  current(): PairingIdentity | null;
  replace(identity: PairingIdentity): void;
  /** Waits for the first word, at most {@link READY_MS}. @throws {@link PairingNotReadyError} */
  ready(): Promise<PairingIdentity>;
}

/** Binding an endpoint takes about 0.4 s; after ten times that something is wrong and the person should know. */
const READY_MS = 5_000;

export const ownIdentity = (clock: Clock): OwnIdentity => {
  const waiting = new Set<(identity: PairingIdentity) => void>();
  let identity: PairingIdentity | null = null;
  return {
    current: () => identity,
    replace: (next) => {
      identity = next;
      for (const resolve of waiting) resolve(next);
      waiting.clear();
    },
    ready: () => {
      if (identity !== null) return Promise.resolve(identity);
      const result = Promise.withResolvers<PairingIdentity>();
      const cancel = clock.setTimer(READY_MS, () => {
        waiting.delete(resolve);
        result.reject(new PairingNotReadyError());
      });
      const resolve = (next: PairingIdentity): void => {
        cancel();
        result.resolve(next);
      };
      waiting.add(resolve);
      return result.promise;
    },
  };
};
