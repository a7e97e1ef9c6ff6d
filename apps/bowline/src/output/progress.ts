import type { Cancel, Clock } from '@bowline/contracts';
import { visibleText } from './visible-text.ts';

/** Frames of what turns while something waits. */
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 120;

/** Nothing is shown for what is over sooner. */
const PATIENCE_MS = 400;

const CLEAR_LINE = '\r\u001b[2K';

/** One line that says what is waited for, and how long already. */
export interface Progress {
  /** Says something else from now on; begins anew after {@link Progress.stop}. */
  say(text: string): void;
  /** Takes the line away; what is printed next stands in its place. */
  stop(): void;
}

interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows progress at a terminal, and nothing anywhere else: a log needs no wheel. */
export const progressOn = (output: ProgressOutput, clock: Clock, isQuiet: boolean): Progress => {
  if (isQuiet || output.isTTY !== true) return { say: () => undefined, stop: () => undefined };
  let text = '';
  let beganMs = 0;
  let frame = 0;
  let isShown = false;
  let cancel: Cancel | undefined;

  const draw = (): void => {
    const seconds = Math.floor((clock.monotonicMs() - beganMs) / 1_000);
    const wheel = FRAMES[frame % FRAMES.length] ?? '';
    frame += 1;
    isShown = true;
    output.write(`${CLEAR_LINE}${wheel} ${visibleText(text)}${seconds < 1 ? '' : ` (${seconds} s)`}`);
    cancel = clock.setTimer(FRAME_MS, draw, { unref: true });
  };

  return {
    say: (next) => {
      text = next;
      if (cancel !== undefined) return;
      beganMs = clock.monotonicMs();
      cancel = clock.setTimer(PATIENCE_MS, draw, { unref: true });
    },
    stop: () => {
      cancel?.();
      cancel = undefined;
      if (isShown) output.write(CLEAR_LINE);
      isShown = false;
    },
  };
};
