/** One timer that waits. */
export interface DueTimer<Entry> {
  readonly dueMs: number;
  readonly entry: Entry;
}

/** Timers in the order they are due, then in the order they were set. Setting and cancelling cost the same however many there are. */
export interface TimerWheel<Entry> {
  /** Due in a whole millisecond: never earlier than asked for, as with the timers of Node. */
  add(dueMs: number, entry: Entry): DueTimer<Entry>;
  remove(timer: DueTimer<Entry>): void;
  /** Adds one again that was taken, unless it was removed. */
  move(timer: DueTimer<Entry>, dueMs: number): void;
  /** The next one due up to a moment, which waits no more. */
  takeDue(untilMs: number): DueTimer<Entry> | undefined;
}

interface Linked<Entry> extends DueTimer<Entry> {
  dueMs: number;
  next: Linked<Entry> | null;
  previous: Linked<Entry> | null;
  /** Whether it is in a slot of the window that is open. */
  isPlaced: boolean;
  isRemoved: boolean;
}

/** Milliseconds in one window: 65.5 s, longer than nearly every timer that is set. */
const WINDOW_BITS = 16;
const WINDOW_MS = 1 << WINDOW_BITS;
const WORD_BITS = 5;

/**
 * One slot for each millisecond of the window that is open, with one bit for each slot that holds anything; later timers
 * wait in lists by window until theirs opens.
 */
export const timerWheel = <Entry>(): TimerWheel<Entry> => {
  type Timer = Linked<Entry>;
  const heads: (Timer | null)[] = new Array(WINDOW_MS).fill(null);
  const tails: (Timer | null)[] = new Array(WINDOW_MS).fill(null);
  const filled = new Int32Array(WINDOW_MS >> WORD_BITS);
  const later = new Map<number, Timer[]>();
  let openWindow = 0;
  let slot = 0;

  const place = (timer: Timer): void => {
    const at = timer.dueMs & (WINDOW_MS - 1);
    const tail = tails[at] ?? null;
    timer.isPlaced = true;
    timer.previous = tail;
    if (tail === null) {
      heads[at] = timer;
      const word = at >> WORD_BITS;
      filled[word] = (filled[word] ?? 0) | (1 << (at & 31));
    } else tail.next = timer;
    tails[at] = timer;
  };

  const unplace = (timer: Timer): void => {
    const at = timer.dueMs & (WINDOW_MS - 1);
    const { next, previous } = timer;
    if (previous === null) heads[at] = next;
    else previous.next = next;
    if (next === null) tails[at] = previous;
    else next.previous = previous;
    timer.isPlaced = false;
    if (heads[at] === null) {
      const word = at >> WORD_BITS;
      filled[word] = (filled[word] ?? 0) & ~(1 << (at & 31));
    }
  };

  /** The first slot from `slot` on that holds anything; -1 when none does. */
  const nextSlot = (): number => {
    let word = slot >> WORD_BITS;
    let bits = (filled[word] ?? 0) & (-1 << (slot & 31));
    while (bits === 0) {
      word += 1;
      if (word >= filled.length) return -1;
      bits = filled[word] ?? 0;
    }
    return (word << WORD_BITS) + (31 - Math.clz32(bits & -bits));
  };

  const open = (window: number): void => {
    openWindow = window;
    slot = 0;
    const waiting = later.get(window);
    later.delete(window);
    for (const timer of waiting ?? []) if (!timer.isRemoved) place(timer);
  };

  const insert = (timer: Timer): void => {
    const window = Math.floor(timer.dueMs / WINDOW_MS);
    if (window <= openWindow) {
      place(timer);
      return;
    }
    const list = later.get(window);
    if (list === undefined) later.set(window, [timer]);
    else list.push(timer);
  };

  return {
    add: (atMs, entry) => {
      const timer: Timer = {
        dueMs: Math.ceil(atMs),
        entry,
        next: null,
        previous: null,
        isPlaced: false,
        isRemoved: false,
      };
      insert(timer);
      return timer;
    },
    move: (given, dueMs) => {
      const timer = given as Timer;
      if (timer.isRemoved) return;
      timer.dueMs = Math.ceil(dueMs);
      timer.next = null;
      timer.previous = null;
      insert(timer);
    },
    remove: (given) => {
      const timer = given as Timer;
      if (timer.isPlaced) unplace(timer);
      timer.isRemoved = true;
    },
    takeDue: (untilMs) => {
      for (;;) {
        const at = nextSlot();
        if (at >= 0) {
          const timer = heads[at] as Timer;
          if (timer.dueMs > untilMs) return undefined;
          slot = at;
          unplace(timer);
          return timer;
        }
        const next = openWindow + 1;
        if (next * WINDOW_MS > untilMs) return undefined;
        open(next);
      }
    },
  };
};
