import type { Cancel, DeviceFacts, PublicRelay, RelaySettings, RelayToken } from '@bowline/contracts';
import type { ResolvedRelayChoice } from '../options.ts';
import { distinctRelayUrls } from '../own-presence.ts';
import type { System } from '../system.ts';

/** Tiers of the relay policy: the person's own relays, and public ones. */
const OWN_TIER = 0;
const PUBLIC_TIER = 1;

/** A relay with what is known about its address discovery. */
type Configured = Omit<RelaySettings, 'tier' | 'quicPort'> & Pick<PublicRelay, 'quicPort'>;

/** Applies a relay choice, at start and whenever it changes. */
export interface RelayConfiguration {
  readonly choose: (choice: ResolvedRelayChoice) => Promise<void>;
  /** The tokens of the chosen relays: secrets. */
  readonly tokens: () => readonly RelayToken[];
  readonly cancel: Cancel;
}

const nameOf = (choice: ResolvedRelayChoice): DeviceFacts['relayChoice'] =>
  typeof choice === 'string' ? choice : 'custom';

/**
 * Keeps the switchboard as it should be: serving one port across its restarts, admitting this device's key, using the chosen
 * relays.
 */
export const configureRelays = (system: System, initial: ResolvedRelayChoice): RelayConfiguration => {
  const { parts, own, identity, hub, loopbackPort } = system;
  const { switchboard, endpoint } = parts;
  let choice = initial;
  // A link may come up on the local network before the switchboard does, and tells the other side at once.
  own.update({ relayChoice: nameOf(initial) });
  let publicRelays: readonly PublicRelay[] = [];

  /** The choice as the switchboard takes it. Public relays are known only once the endpoint's worker answers. */
  const relays = (): readonly RelaySettings[] => {
    if (choice === 'disabled') return [];
    if (choice === 'default') return publicRelays.map((relay) => settingsOf({ ...relay, token: null }, PUBLIC_TIER));
    return choice.relays.map((relay) => settingsOf(relay, OWN_TIER));
  };

  /** A device that stays on this machine has no public address. */
  const settingsOf = ({ quicPort, ...relay }: Configured, tier: number): RelaySettings => {
    const isOffered = quicPort !== null && !system.options.isLoopbackOnly;
    return { ...relay, tier, ...(isOffered ? { quicPort } : {}) };
  };

  const apply = async (): Promise<void> => {
    const settings = relays();
    const configuredRelayUrls = settings.map(({ url }) => url);
    const staysHere = choice === 'disabled' || system.options.isLoopbackOnly;
    const meetingRelayUrls = distinctRelayUrls([
      ...configuredRelayUrls,
      ...(staysHere ? [] : publicRelays.map(({ url }) => url)),
    ]);
    await switchboard.client.request('configureRelays', { relays: settings });
    own.update({ relayChoice: nameOf(choice), configuredRelayUrls, meetingRelayUrls });
    if (configuredRelayUrls.length === 0) own.update({ relayUrls: [], homeReason: null });
    const asked = own.current.addressDiscovery;
    // A switchboard that was restarted tells of its own choices only.
    if (!settings.some(({ url, quicPort }) => url === asked?.url && quicPort === asked.quicPort)) {
      own.update({ addressDiscovery: null });
    }
  };

  const serve = async (): Promise<string> => {
    const { loopbackUrl } = await switchboard.client.request('serve', { port: await loopbackPort.open() });
    loopbackPort.flow();
    return loopbackUrl;
  };

  const cancels = [
    switchboard.onReady(async () => {
      await switchboard.client.request('admit', { secretKey: identity.secretKey });
      const loopbackUrl = await serve();
      await apply();
      own.update({ loopbackUrl });
    }),
    switchboard.onStateChanged(({ state }) => {
      if (state !== 'started') loopbackPort.hold();
      if (state === 'crashed') own.update({ loopbackUrl: null, relayUrls: [], homeReason: null });
    }),
    endpoint.onReady(async () => {
      if (publicRelays.length > 0) return;
      ({ relays: publicRelays } = await endpoint.client.request('publicRelays', {}));
      system.inBackground('configure relays', apply);
    }),
    switchboard.client.on('relay.homeChanged', ({ homeRelayUrl, previous, relayUrls, reason }) => {
      // A home that stays is home for the reason for which it became that.
      const lasting = homeRelayUrl === previous ? (own.current.homeReason ?? reason) : reason;
      own.update({ relayUrls, homeReason: homeRelayUrl === null ? null : lasting });
      hub.tell({ event: 'relay.homeChanged', homeRelayUrl, previous, reason });
    }),
    switchboard.client.on('addressDiscovery.changed', ({ relay }) => own.update({ addressDiscovery: relay })),
    switchboard.client.on('relay.stateChanged', ({ url, state, downReason }) => {
      hub.tell({ event: 'relay.stateChanged', url, state, downReason });
    }),
  ];
  return {
    choose: async (next) => {
      choice = next;
      await apply();
    },
    tokens: () =>
      typeof choice === 'string'
        ? []
        : choice.relays.flatMap(({ url, token }) => (token === null ? [] : [{ url, token }])),
    cancel: () => {
      for (const cancel of cancels) cancel();
    },
  };
};
