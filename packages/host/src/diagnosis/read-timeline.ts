import type { DeviceId, DeviceTimeline } from '@bowline/contracts';
import { reliabilityOf } from '@bowline/diagnosis';
import type { System } from '../system.ts';

/** What happened to a device since a moment, and how well it was connected. Whatever waits is to be written before. */
export const readTimeline = async (
  { parts, clock }: Pick<System, 'parts' | 'clock'>,
  deviceId: DeviceId,
  sinceMs: number,
): Promise<DeviceTimeline> => {
  const { entries } = await parts.persistence.client.request('readTimeline', { deviceId, sinceMs });
  return {
    entries: entries.filter(({ atMs }) => atMs >= sinceMs),
    reliability: reliabilityOf(entries, { sinceMs, nowMs: clock.nowMs() }),
  };
};
