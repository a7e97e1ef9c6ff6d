import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Lets go of native handles that nobody needs any more. */
export interface HandleCollector {
  /** One connection, or one attempt to make one, is over. */
  noteOver(): void;
}

/**
 * Connections and attempts that may be over before their memory is asked for: about 100 KiB each in iroh (measured). A
 * collection of a heap as small as this worker's takes a few milliseconds.
 */
const MAX_UNCOLLECTED = 128;

/**
 * iroh keeps a connection for as long as JavaScript has an object for it, and V8, which sees only a few hundred bytes
 * there, is in no hurry to collect it: 10,000 strangers in 20 s left 230 MiB behind (measured), a quarter of that with
 * this. The binding has no way to free a handle, so the collector of garbage is called by its name.
 */
export const handleCollector = (collect: () => void = collectGarbage): HandleCollector => {
  let over = 0;
  return {
    noteOver: () => {
      over += 1;
      if (over < MAX_UNCOLLECTED) return;
      over = 0;
      collect();
    },
  };
};

let collector: (() => void) | null = null;

const collectGarbage = (): void => {
  if (collector === null) {
    // Seen by contexts made from now on; the one this runs in has no `gc`, before and after.
    setFlagsFromString('--expose-gc');
    collector = runInNewContext('gc') as () => void;
  }
  collector();
};
