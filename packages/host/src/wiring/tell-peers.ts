import { type Cancel, errorCode, errorMessage } from '@bowline/contracts';
import { isRestartCode } from '@bowline/supervisor';
import { linksView, mdnsView, refreshView, schedulerView, servicesView, switchboardView } from '../peers/peer-views.ts';
import { RETRY_DELAY_MS, toldWorker } from '../peers/told-worker.ts';
import type { System } from '../system.ts';
import { admitDevices } from './bind-endpoint.ts';
import { switchboardPeers } from './switchboard-peers.ts';

/** Tells every worker of the peers what it needs to know of them: all of it whenever it is ready, and each change. */
export const tellPeers = (system: System): Cancel => {
  const { parts, peers, clock, logger } = system;
  const { links, services, scheduler, refresh, mdns, switchboard } = parts;

  const toldLinks = toldWorker(links, (list) => links.client.request('setPeers', list), linksView, system);
  const told = [
    toldLinks,
    toldWorker(services, (list) => services.client.request('setPeers', list), servicesView, system),
    toldWorker(scheduler, (list) => scheduler.client.request('setPeers', list), schedulerView, system),
    toldWorker(refresh, (list) => refresh.client.request('setPeers', list), refreshView, system),
    toldWorker(mdns, (list) => mdns.client.request('setPeers', list), mdnsView, system),
    toldWorker(switchboard, switchboardPeers(switchboard.client, peers), switchboardView, system),
  ];

  let cancelRetry: Cancel = () => undefined;
  const admit = async (): Promise<void> => {
    cancelRetry();
    try {
      await admitDevices(system);
    } catch (error) {
      logger.debug({ code: errorCode(error), reason: errorMessage(error) }, 'devices not admitted yet');
      // One that is being restarted is bound with the list.
      if (isRestartCode(errorCode(error))) return;
      cancelRetry = clock.setTimer(RETRY_DELAY_MS, () => void admit(), { unref: true });
    }
  };

  const cancel = peers.onChanged(async (change) => {
    const telling = told.map((worker) => worker.tell(change));
    if (change.before === undefined || change.after === undefined) {
      // A device that is paired no more hears so on its link, before the endpoint closes that.
      await telling[0];
      await admit();
    }
    await Promise.all(telling);
  });
  return () => {
    cancel();
    cancelRetry();
    for (const worker of told) worker.cancel();
  };
};
