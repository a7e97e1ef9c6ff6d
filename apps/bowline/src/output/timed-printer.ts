import type { Clock } from '@bowline/contracts';
import type { Printer } from './printer.ts';

/** Writes each sentence behind its time: for what is read later. */
export const timedPrinter = (inner: Printer, clock: Clock): Printer => {
  const timed = (text: string): string => `${new Date(clock.nowMs()).toISOString()} ${text}`;
  return {
    ...inner,
    result: (json, human) => inner.result(json, typeof human === 'string' ? timed(human) : human),
    note: (text) => inner.note(timed(text)),
  };
};
