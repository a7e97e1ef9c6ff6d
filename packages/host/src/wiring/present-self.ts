import { type Cancel, STREAMS_FEATURE, TCP_FEATURE } from '@bowline/contracts';
import { staysOnThisMachine } from '../stays-on-this-machine.ts';
import type { System } from '../system.ts';

/** The mDNS record that says this device is here; paired devices recognize it by its tag of the hour. */
const PRESENCE_ADVERTISEMENT = 'presence';

/** Tells links, pairing and mDNS how this device can be reached, at every change of it. */
export const presentSelf = ({ parts, own, peers, options, networkInterfaces, inBackground }: System): Cancel => {
  const { links, pairing, mdns } = parts;
  let announced = '';

  const present = async (): Promise<void> => {
    const {
      bound,
      device,
      start,
      presenceKey,
      relayInfo,
      relayUrls,
      meetingRelayUrls,
      configuredRelayUrls,
      loopbackUrl,
    } = own.current;
    if (bound === null || relayInfo === null) return;
    const { endpointId, port, ipv6Port = null, directAddresses } = bound;
    await links.client.request('presentSelf', {
      endpointId,
      incarnation: start.incarnation,
      claim: start.claim,
      name: device.name,
      // A later incarnation outweighs every revision of an earlier one.
      relayInfo: { ...relayInfo, incarnation: start.incarnation },
      directAddresses,
      // What a linked device may count on, beside what every release knows.
      features: options.tcp ? [STREAMS_FEATURE, TCP_FEATURE] : [STREAMS_FEATURE],
      presenceKey,
    });
    await pairing.client.request('presentSelf', {
      endpointId,
      port,
      ipv6Port,
      card: { name: device.name, platform: process.platform },
      relayUrls,
      directAddresses,
      meetingRelayUrls,
      ownRelayCount: configuredRelayUrls.length,
      loopbackRelayUrl: loopbackUrl,
      allowsThisMachine: staysOnThisMachine({ options, networkInterfaces }),
    });
    await announce();
  };

  /**
   * Who is paired with nobody is not looked for. The endpoint id is shown as long as a device might know this one by
   * nothing else: one of an earlier release, or one that was away since this device has a presence key.
   */
  const announce = async (): Promise<void> => {
    const { bound, presenceKey } = own.current;
    if (!options.mdns || bound === null) return;
    const known = [...peers.peers()];
    const isKnown = known.every(({ knowsPresence }) => knowsPresence);
    const { port, ipv6Port = null } = bound;
    const shown = { endpointId: isKnown ? null : bound.endpointId, presenceKey, port, ipv6Port };
    const wanted = known.length === 0 ? '' : JSON.stringify(shown);
    if (wanted === announced) return;
    announced = wanted;
    try {
      if (wanted === '') await mdns.client.request('withdraw', { advertisementId: PRESENCE_ADVERTISEMENT });
      else await mdns.client.request('advertise', { advertisementId: PRESENCE_ADVERTISEMENT, lanTag: null, ...shown });
    } catch (error) {
      announced = '';
      throw error;
    }
  };

  const cancels = [
    own.onChanged(() => inBackground('present this device', present)),
    mdns.onReady(async () => {
      announced = '';
      inBackground('announce this device', announce);
    }),
    peers.onChanged(({ before, after }) => {
      if (before?.knowsPresence !== after?.knowsPresence) inBackground('announce this device', announce);
    }),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
};
