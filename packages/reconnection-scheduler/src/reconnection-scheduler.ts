import type { Actor, ActorComponents, Cancel, ChannelHandlers, ReconnectionSchedulerChannel } from '@bowline/contracts';
import { type DialPlanner, dialPlanner } from './dial-planner.ts';
import { type ReconnectionSchedulerOptions, resolveReconnectionSchedulerOptions } from './options.ts';

/**
 * Decides who is dialled when, and tells `dial.due`.
 *
 * The host starts it last, tells it the devices whenever it is ready, and stops it before the endpoint. It owns one timer,
 * whatever the number of devices, and forgets every device when it stops.
 *
 * @throws {@link InvalidOptionError} at once.
 */
export const reconnectionScheduler = (input: Partial<ReconnectionSchedulerOptions> = {}) => {
  const options = resolveReconnectionSchedulerOptions(input);
  return (components: ActorComponents<ReconnectionSchedulerChannel>): Actor<ReconnectionSchedulerChannel> => {
    const { clock, emit, random } = components;
    const logger = components.logger.child({ component: 'reconnection-scheduler' });
    let planner: DialPlanner | undefined;
    let timer: { readonly atMs: number; readonly cancel: Cancel } | undefined;

    const disarm = (): void => {
      timer?.cancel();
      timer = undefined;
    };
    const arm = (atMs: number | null, nowMs: number): void => {
      if (atMs === (timer?.atMs ?? null)) return;
      disarm();
      if (atMs === null) return;
      timer = { atMs, cancel: clock.setTimer(Math.max(0, atMs - nowMs), onTimer) };
    };
    const onTimer = (): void => {
      timer = undefined;
      advance();
    };
    /** Tells what is due and sets the timer for what is not. Whoever hears `dial.due` may ask for more at once. */
    const advance = (): void => {
      for (const deviceId of planner?.wake(clock.monotonicMs()) ?? []) {
        logger.warn({ deviceId, afterMs: options.dialExpiryMs }, 'dial had no outcome and counts as failed');
      }
      for (;;) {
        const due = planner?.takeDue(clock.monotonicMs());
        if (due === undefined) break;
        logger.debug({ ...due }, 'dial due');
        emit('dial.due', due);
      }
      const nowMs = clock.monotonicMs();
      arm(planner?.nextAtMs(nowMs) ?? null, nowMs);
    };
    /** Applies one request. Before `start` and after `stop` there is nothing to apply it to. */
    const apply = (change: (planner: DialPlanner, nowMs: number) => void): void => {
      if (planner === undefined) return;
      change(planner, clock.monotonicMs());
      advance();
    };

    return {
      start: async () => {
        planner ??= dialPlanner(options, random);
      },
      stop: async () => {
        planner = undefined;
        disarm();
      },
      handlers: handlersOf(apply, () => planner?.status() ?? []),
    };
  };
};

const handlersOf = (
  apply: (change: (planner: DialPlanner, nowMs: number) => void) => void,
  status: () => ReturnType<DialPlanner['status']>,
): ChannelHandlers<ReconnectionSchedulerChannel> => ({
  setPeers: (list) => apply((planner, nowMs) => planner.setPeers(list, nowMs)),
  reportFailed: ({ deviceId, throughRelay }) =>
    apply((planner, nowMs) => planner.failed(deviceId, throughRelay, nowMs)),
  nudge: ({ deviceId, cause }) => apply((planner, nowMs) => planner.nudge(deviceId, cause, nowMs)),
  nudgeAll: ({ cause }) => apply((planner, nowMs) => planner.nudgeAll(cause, nowMs)),
  status: () => ({ devices: status() }),
});
