import { errorMessage, type SeenReport } from '@bowline/contracts';
import type { System } from './system.ts';
import { WORKER_PATIENCE } from './worker-patience.ts';

export const NOTHING_SEEN: SeenReport = Object.freeze({
  observed: [],
  asked: { hasObserver: false, silentCount: 0, hasAnswered: false },
  addresses: [],
  nat: 'unknown',
});

/** What others see of this device; nothing while the worker that knows is being restarted. */
export const readSeenReport = async ({ parts, logger }: Pick<System, 'parts' | 'logger'>): Promise<SeenReport> => {
  try {
    return await parts.observation.client.request('status', {}, WORKER_PATIENCE);
  } catch (error) {
    logger.debug({ reason: errorMessage(error) }, 'what others see left out');
    return NOTHING_SEEN;
  }
};
