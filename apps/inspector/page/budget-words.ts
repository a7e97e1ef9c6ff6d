import type { RelayBudget } from '@bowline/contracts';
import { byteCount, byteCountIn } from '@bowline/diagnosis/phrases';

/** What a budget allows at least, bytes a day: `LEAST_RELAY_BUDGET_BYTES` of the contracts, which a page takes no code from. */
export const LEAST_BYTES = 1_048_576;

const NONE = 'none';

/** Units in which a limit is written back as it was typed, largest first. */
const UNITS = [
  ['TB', 1e12],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
] as const;

/** A limit as it is typed, to the byte: `500MB`, `none`. */
export const typedLimit = (bytes: number | null): string => {
  if (bytes === null) return NONE;
  const [unit, unitBytes] = UNITS.find(([, size]) => bytes % size === 0) ?? ['', 1];
  return `${bytes / unitBytes}${unit}`;
};

/** What was typed for both limits, as it is asked for; or why it cannot be. */
type TypedBudget = { readonly budget: RelayBudget | null; readonly problem: null } | { readonly problem: string };

/** Reads both limits of a form. Nothing typed is no limit, as `none` is. */
export const typedBudget = (perDevice: string, total: string): TypedBudget => {
  const peerBytesPerDay = limitIn(perDevice);
  const totalBytesPerDay = limitIn(total);
  for (const [name, limit] of [
    ['The limit of each device', peerBytesPerDay],
    ['The limit of all devices', totalBytesPerDay],
  ] as const) {
    if (limit === undefined) return { problem: `${name} is not a size. Write 500MB, 2G or 5GiB, or “none”.` };
    if (limit !== null && limit < LEAST_BYTES) {
      return { problem: `${name} is too small: with less than 1.05MB a day no connection stays alive.` };
    }
  }
  const isNone = peerBytesPerDay === null && totalBytesPerDay === null;
  const budget = { peerBytesPerDay: peerBytesPerDay ?? null, totalBytesPerDay: totalBytesPerDay ?? null };
  return { budget: isNone ? null : budget, problem: null };
};

const limitIn = (text: string): number | null | undefined => {
  const typed = text.trim().toLowerCase();
  return typed === '' || typed === NONE ? null : byteCountIn(typed);
};

/** A budget in one sentence. */
export const budgetSentence = (budget: RelayBudget | null): string => {
  const { peerBytesPerDay = null, totalBytesPerDay = null } = budget ?? {};
  const limit = (bytes: number | null): string => (bytes === null ? 'no limit' : `${byteCount(bytes)} a day`);
  return `Through relays: ${limit(peerBytesPerDay)} for each device, ${limit(totalBytesPerDay)} in all.`;
};
