import {
  brandAs,
  type DiscoverySource,
  endpointIdOf,
  PAIR_ALPN,
  type PairingIdentity,
  type PairingSessionId,
  type PairingSessionsChannel,
  type RelayToken,
  type RelayUrl,
} from '@bowline/contracts';
import { rendezvousDiscovery } from '@bowline/discovery-rendezvous';
import { ticketDiscovery } from '@bowline/discovery-ticket';
import {
  type ActorHarness,
  actorHarness,
  type FakeClock,
  type FakeEndpointNetwork,
  fakeClock,
  fakeEndpointNetwork,
  seededRandom,
  settle,
} from '@bowline/testing';
import { type PairingSessionsInput, pairingSessions } from '../src/index.ts';
import { fakeLan, fakeStore, fakeSwitchboard } from './fake-peers.ts';

/** After this long a code that was just made has ended, and is forgotten. */
export const FORGOTTEN_MS = 1_000_000;

export const RELAY = brandAs<RelayUrl>('https://relay.test/');

export interface DeviceSettings {
  readonly hasMdns?: boolean;
  readonly relayUrls?: readonly RelayUrl[];
  readonly meetingRelayUrls?: readonly RelayUrl[];
  readonly options?: PairingSessionsInput;
  /** Beside mDNS, ticket and rendezvous. */
  readonly moreSources?: readonly DiscoverySource[];
}

/** A network with a clock turned by hand, on which devices pair. */
export const testWorld = () => {
  const clock = fakeClock();
  const network = fakeEndpointNetwork({ clock });
  const lan = fakeLan();
  let devices = 0;

  const device = async (name: string, settings: DeviceSettings = {}) => {
    devices += 1;
    const secretKey = new Uint8Array(32).fill(devices);
    const endpoint = network.endpoint();
    const endpointId = endpointIdOf(secretKey);
    const relayUrls = settings.relayUrls ?? [RELAY];
    const bind = () =>
      endpoint.request('bind', {
        secretKey,
        protocols: [{ alpn: PAIR_ALPN, admit: 'anyone', maxFrameBytes: 16_384, maxIncoming: 128 }],
        loopbackRelayUrl: relayUrls.length === 0 ? null : 'http://127.0.0.1:1/',
        bindAddresses: [],
      });
    let bound = await bind();
    const store = fakeStore(clock);
    const switchboard = fakeSwitchboard();
    const mdns = lan.join(
      clock,
      name,
      () => bound.directAddresses,
      () => settings.hasMdns ?? true,
    );
    const ticket = actorHarness(ticketDiscovery(), { fakeClock: clock });
    const rendezvous = actorHarness(rendezvousDiscovery({}), { fakeClock: clock });
    await ticket.actor.start();
    await rendezvous.actor.start();
    const harness: ActorHarness<PairingSessionsChannel> = actorHarness(
      (components) =>
        pairingSessions(settings.options)({
          ...components,
          endpoint,
          lan: mdns,
          switchboard: switchboard.client,
          persistence: store.client,
          sources: [
            { name: 'mdns', trust: 'hearsay', client: mdns },
            { name: 'ticket', trust: 'vouched', client: ticket.client },
            { name: 'rendezvous', trust: 'vouched', client: rendezvous.client },
            ...(settings.moreSources ?? []),
          ],
        }),
      { fakeClock: clock, random: seededRandom(devices * 1_000) },
    );
    const identity = (): PairingIdentity => ({
      endpointId,
      port: bound.port,
      card: { name, platform: 'linux' },
      relayUrls,
      directAddresses: bound.directAddresses,
      meetingRelayUrls: settings.meetingRelayUrls ?? relayUrls,
      loopbackRelayUrl: relayUrls.length === 0 ? null : 'http://127.0.0.1:1/',
    });
    await harness.actor.start();
    await harness.client.request('presentSelf', identity());
    await settle();
    let joins = 0;
    return {
      name,
      endpoint,
      endpointId,
      secretKey,
      store,
      switchboard,
      identity,
      ...harness,
      offer: (policy: 'ask' | 'accept' = 'accept', ttlMs = 300_000, relayTokens: readonly RelayToken[] = []) =>
        harness.client.request('offer', { ttlMs, policy, relayTokens }),
      offerRenewal: (policy: 'ask' | 'accept' = 'accept') =>
        harness.client.request('offer', { ttlMs: 300_000, policy, renew: true }),
      join: async (code: string, policy: 'ask' | 'accept' = 'accept', renew = false) => {
        joins += 1;
        const sessionId = brandAs<PairingSessionId>(`${name}-join-${joins}`);
        await harness.client.request('join', { sessionId, code, policy, renew });
        await settle();
        return sessionId;
      },
      /** @param digits what the person saw; what was asked about last, unless told otherwise */
      decide: async (sessionId: PairingSessionId, accept: boolean, digits?: string) => {
        const last = harness.toldOf('pairing.confirmationNeeded').at(-1)?.authenticationString;
        const authenticationString = digits ?? last ?? '';
        await harness.client.request('decide', { sessionId, accept, authenticationString });
        await settle();
      },
      cancel: async (sessionId: PairingSessionId) => {
        await harness.client.request('cancel', { sessionId });
        await settle();
      },
      /** The endpoint worker dies and is back at once, as the host does it. */
      restartEndpoint: async () => {
        endpoint.crash();
        await harness.client.request('dropAll', {});
        bound = await bind();
        await harness.client.request('presentSelf', identity());
        await settle();
      },
      completed: () => harness.toldOf('pairing.completed'),
      failed: () => harness.toldOf('pairing.failed'),
      states: () => harness.toldOf('pairing.stateChanged').map(({ state }) => state),
      asked: () => harness.toldOf('pairing.confirmationNeeded'),
    };
  };

  return { clock, network, lan, device };
};

export type TestWorld = ReturnType<typeof testWorld>;
export type TestDevice = Awaited<ReturnType<TestWorld['device']>>;
export type { FakeClock, FakeEndpointNetwork };
