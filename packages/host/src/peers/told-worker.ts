import {
  type Cancel,
  type Clock,
  type DeviceId,
  errorCode,
  errorMessage,
  type Logger,
  type PeerList,
  type Random,
} from '@bowline/contracts';
import { isRestartCode } from '@bowline/supervisor';
import { retry } from '../retry.ts';
import type { PeerChange, PeerRegistry } from './peer-registry.ts';
import type { PeerView } from './peer-views.ts';

/** One worker that is kept told. */
export interface ToldWorker {
  /** Passes a change on where it matters. Resolves when the worker has taken it, or cannot now; never rejects. */
  tell(change: PeerChange): Promise<void>;
  readonly cancel: Cancel;
}

/** What keeping a worker told needs. */
export interface ToldWorkerComponents {
  readonly peers: Pick<PeerRegistry, 'peers'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Keeps one worker told of the peers: all of them whenever it becomes ready, then each change that matters to it. A
 * worker that is down misses nothing, because it is told all when it is back.
 */
export const toldWorker = <View extends { readonly deviceId: DeviceId }>(
  worker: { onReady(prepare: () => Promise<void>): Cancel },
  setPeers: (list: PeerList<View>) => Promise<void>,
  view: PeerView<View>,
  components: ToldWorkerComponents,
): ToldWorker => {
  const { peers, logger } = components;
  const again = retry(components);
  /** Grows whenever all is told: what went wrong before says nothing of it. */
  let round = 0;
  let isTold = false;

  const tellAll = async (): Promise<void> => {
    round += 1;
    isTold = true;
    again.cancel();
    await attempt({ scope: 'all', peers: Array.from(peers.peers(), view.of) });
    again.settle();
  };

  const attempt = async (list: PeerList<View>): Promise<void> => {
    const begun = round;
    try {
      await setPeers(list);
    } catch (error) {
      if (begun === round) isTold = false;
      throw error;
    }
  };

  /** A worker that is being restarted is told when it is ready; one that runs is told again. */
  const onRefused = (error: unknown): void => {
    logger.debug({ code: errorCode(error), reason: errorMessage(error) }, 'worker not told of a peer yet');
    if (isRestartCode(errorCode(error)) || isTold) return;
    again.later(() => void tellAll().catch(onRefused));
  };

  const listOf = ({ deviceId, before, after }: PeerChange): PeerList<View> | null => {
    if (after === undefined) return { scope: 'some', peers: [], gone: [deviceId] };
    if (before !== undefined && !view.isNews(before, after)) return null;
    return { scope: 'some', peers: [view.of(after)] };
  };

  const cancelReady = worker.onReady(tellAll);
  return {
    tell: async (change) => {
      const list = isTold ? listOf(change) : null;
      if (list !== null) await attempt(list).catch(onRefused);
    },
    cancel: () => {
      cancelReady();
      again.cancel();
      isTold = false;
    },
  };
};
