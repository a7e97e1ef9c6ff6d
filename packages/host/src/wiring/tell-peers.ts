import { type Cancel, errorCode, errorMessage } from '@bowline/contracts';
import { isRestartCode } from '@bowline/supervisor';
import { linksView, mdnsView, refreshView, schedulerView, servicesView, switchboardView } from '../peers/peer-views.ts';
import { toldWorker } from '../peers/told-worker.ts';
import { retry } from '../retry.ts';
import type { System } from '../system.ts';
import { admitDevices } from './bind-endpoint.ts';
import { switchboardPeers } from './switchboard-peers.ts';

/** Tells every worker of the peers what it needs to know of them: all of it whenever it is ready, and each change. */
export const tellPeers = (system: System): Cancel => {
  const { parts, peers, logger } = system;
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

  const again = retry(system);
  const admit = async (): Promise<void> => {
    again.cancel();
    try {
      await admitDevices(system);
      again.settle();
    } catch (error) {
      logger.debug({ code: errorCode(error), reason: errorMessage(error) }, 'devices not admitted yet');
      // One that is being restarted is bound with the list.
      if (isRestartCode(errorCode(error))) return;
      again.later(() => void admit());
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
    again.cancel();
    for (const worker of told) worker.cancel();
  };
};
