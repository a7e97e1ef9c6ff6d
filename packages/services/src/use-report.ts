import type { ChannelClient, Clock, DeviceId, LinksChannel } from '@bowline/contracts';

/** A link is told of use at most so often. */
const USE_STEP_MS = 250;

/** Tells the link of a device that it is in use, so that it looks closer whether the device is still there. */
export const useReport = (
  deviceId: DeviceId,
  links: ChannelClient<LinksChannel>,
  clock: Clock,
): ((direction: 'sent' | 'received') => void) => {
  let lastUseMs = Number.NEGATIVE_INFINITY;
  let lastHeardMs = Number.NEGATIVE_INFINITY;

  return (direction) => {
    const nowMs = clock.monotonicMs();
    const wasHeard = direction === 'received';
    if (nowMs - (wasHeard ? lastHeardMs : lastUseMs) < USE_STEP_MS) return;
    lastUseMs = nowMs;
    if (wasHeard) lastHeardMs = nowMs;
    links.request('noteUse', { deviceId, wasHeard }).catch(() => undefined);
  };
};
