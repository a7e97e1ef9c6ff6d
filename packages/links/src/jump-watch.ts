import type { Cancel, Clock } from '@bowline/contracts';
import { TimeJump } from '@bowline/limits';

/** How often time is looked at, milliseconds: what passes between waking up and the first ping. */
const LOOK_EVERY_MS = 1_000;

/** A timer this late, or wall time this far from monotonic time, means sleep; both differ by far less otherwise. */
const JUMP_MS = 1_000;

/**
 * Notices that the machine slept, or the process was held up. Some systems stop monotonic time in sleep and others do
 * not: in the first case wall time runs away from it, in the second the timer is late.
 *
 * @param onJump told once for each jump. Setting the wall clock looks like one, and costs a ping.
 */
export const jumpWatch = (clock: Clock, onJump: () => void): Cancel => {
  let wallMs = clock.nowMs();
  let monotonicMs = clock.monotonicMs();
  let cancel: Cancel;
  const lateness = new TimeJump(JUMP_MS);

  const look = (): void => {
    const nowMs = clock.monotonicMs();
    const isLate = lateness.lateMs(nowMs) > 0;
    const driftMs = Math.abs(clock.nowMs() - wallMs - (nowMs - monotonicMs));
    arm();
    if (isLate || driftMs > JUMP_MS) onJump();
  };
  const arm = (): void => {
    wallMs = clock.nowMs();
    monotonicMs = clock.monotonicMs();
    lateness.expectAt(monotonicMs + LOOK_EVERY_MS);
    cancel = clock.setTimer(LOOK_EVERY_MS, look, { unref: true, isAligned: true });
  };
  arm();
  return () => cancel();
};
