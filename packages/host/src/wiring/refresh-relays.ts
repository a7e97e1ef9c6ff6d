import type { Cancel, RelayUrl } from '@bowline/contracts';
import type { System } from '../system.ts';

/** Keeps the relays of this device known to its peers, and theirs here: does what the relay refresh says is due. */
export const refreshRelays = ({ parts, own, peers, records, inBackground }: System): Cancel => {
  const { refresh, links } = parts;

  /** The record goes on from the one made before the worker was started again. */
  const present = async (): Promise<void> => {
    const { relayInfo: last } = own.current;
    const { relayInfo } = await refresh.client.request('presentSelf', { relayUrls: worthNaming(own.current), last });
    own.update({ relayInfo });
  };

  const cancels = [
    refresh.onReady(present),
    own.onChanged(({ relayUrls, configuredRelayUrls }, previous) => {
      if (relayUrls !== previous.relayUrls || configuredRelayUrls !== previous.configuredRelayUrls)
        inBackground('present relays', present);
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

/**
 * While this device reaches no relay, those it has named before stay named, as far as it is still to use them: there it will be
 * found again, and peers that were told of none would not look.
 */
const worthNaming = ({ relayUrls, configuredRelayUrls, relayInfo }: System['own']['current']): readonly RelayUrl[] =>
  relayUrls.length > 0 ? relayUrls : (relayInfo?.relayUrls ?? []).filter((url) => configuredRelayUrls.includes(url));
