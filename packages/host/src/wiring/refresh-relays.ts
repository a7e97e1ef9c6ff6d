import type { Cancel } from '@bowline/contracts';
import type { System } from '../system.ts';

/** Keeps the relays of this device known to its peers, and theirs here: does what the relay refresh says is due. */
export const refreshRelays = ({ parts, own, peers, records, inBackground }: System): Cancel => {
  const { refresh, links } = parts;

  /** The record goes on from the one made before the worker was started again. */
  const present = async (): Promise<void> => {
    const { relayUrls, relayInfo: last } = own.current;
    const { relayInfo } = await refresh.client.request('presentSelf', { relayUrls, last });
    own.update({ relayInfo });
  };

  const cancels = [
    refresh.onReady(present),
    own.onChanged(({ relayUrls }, previous) => {
      if (relayUrls !== previous.relayUrls) inBackground('present relays', present);
    }),
    refresh.client.on('relayInfo.changed', ({ deviceId, relayInfo }) => {
      if (peers.get(deviceId) === undefined) return;
      peers.updateRecord(deviceId, { relayInfo });
      records.note(deviceId, { relayInfo });
    }),
    refresh.client.on('push.due', (push) =>
      inBackground('push relays', () => {
        const relayInfo = { ...push.relayInfo, incarnation: own.current.start.incarnation };
        return links.client.request('pushRelayInfo', { ...push, relayInfo });
      }),
    ),
    refresh.client.on('ask.due', (ask) =>
      inBackground('ask for relays', () => links.client.request('askRelayInfo', ask)),
    ),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
};
