import { pause } from './relay-attack.ts';
import type { Target } from './target.ts';

const SAMPLE_MS = 100;

/** The most a relay was seen to have. */
export interface Most {
  readonly residentBytes: number;
  readonly pending: number;
}

/** Looks at a relay over and over until told to stop. */
export const watch = (target: Target): { readonly end: () => Promise<Most> } => {
  const most = { residentBytes: 0, pending: 0 };
  let isOver = false;
  const look = async (): Promise<void> => {
    while (!isOver) {
      most.residentBytes = Math.max(most.residentBytes, target.residentBytes());
      // A relay that is frozen or too busy answers later.
      most.pending = Math.max(most.pending, await target.metric('pending_connections'));
      await pause(SAMPLE_MS);
    }
  };
  const looking = look();
  return {
    end: async () => {
      isOver = true;
      await looking;
      return most;
    },
  };
};
