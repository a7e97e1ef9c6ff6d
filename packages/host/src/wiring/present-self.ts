import { type Cancel, STREAMS_FEATURE } from '@bowline/contracts';
import type { System } from '../system.ts';

/** What a linked device may count on, beside what every release knows. */
const FEATURES: readonly string[] = Object.freeze([STREAMS_FEATURE]);

/** The mDNS record that says this device is here; paired devices recognize its endpoint id. */
const PRESENCE_ADVERTISEMENT = 'presence';

/** Tells links, pairing and mDNS how this device can be reached, at every change of it. */
export const presentSelf = ({ parts, own, options, inBackground, hub }: System): Cancel => {
  const { links, pairing, mdns } = parts;

  const present = async (): Promise<void> => {
    const { bound, device, start, relayInfo, relayUrls, meetingRelayUrls, configuredRelayUrls, loopbackUrl } =
      own.current;
    if (bound === null || relayInfo === null) return;
    const { endpointId, port, directAddresses } = bound;
    await links.client.request('presentSelf', {
      endpointId,
      incarnation: start.incarnation,
      claim: start.claim,
      name: device.name,
      // A later incarnation outweighs every revision of an earlier one.
      relayInfo: { ...relayInfo, incarnation: start.incarnation },
      directAddresses,
      features: FEATURES,
    });
    await pairing.client.request('presentSelf', {
      endpointId,
      port,
      card: { name: device.name, platform: process.platform },
      relayUrls,
      directAddresses,
      meetingRelayUrls,
      ownRelayCount: configuredRelayUrls.length,
      loopbackRelayUrl: loopbackUrl,
    });
    if (options.mdns) {
      const advertisement = { advertisementId: PRESENCE_ADVERTISEMENT, endpointId, port, lanTag: null };
      await mdns.client.request('advertise', advertisement);
    }
  };

  const cancels = [
    own.onChanged(() => inBackground('present this device', present)),
    mdns.onReady(async () => inBackground('present this device', present)),
    mdns.client.on('health.changed', ({ problem }) => hub.tell({ event: 'discovery.healthChanged', problem })),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
};
