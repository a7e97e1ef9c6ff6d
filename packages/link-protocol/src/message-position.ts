import type { MessagePosition } from '@bowline/contracts';

/** Negative when `a` is earlier than `b`; incarnations count before sequences, and `null` comes before everything. */
export const comparePositions = (a: MessagePosition | null, b: MessagePosition | null): number => {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return a.incarnation === b.incarnation ? a.sequence - b.sequence : a.incarnation - b.incarnation;
};

/** The later of two positions. */
export const laterPosition = (a: MessagePosition | null, b: MessagePosition | null): MessagePosition | null =>
  comparePositions(a, b) >= 0 ? a : b;
