import {
  type AddressDiscoveryRelay,
  type BindInput,
  type BoundEndpoint,
  brandAs,
  type RelaySettings,
  type RelayUrl,
  type SocketAddress,
} from '@bowline/contracts';
import { fakeClock, memoryLogger, settle } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventHub } from '../src/event-hub.ts';
import { inBackground } from '../src/in-background.ts';
import { type ResolvedRelayChoice, resolveRelayChoice } from '../src/options.ts';
import { type OwnPresence, ownPresence } from '../src/own-presence.ts';
import { addressDiscoveryOf } from '../src/status.ts';
import type { System } from '../src/system.ts';
import { bindEndpoint } from '../src/wiring/bind-endpoint.ts';
import { configureRelays, type RelayConfiguration } from '../src/wiring/configure-relays.ts';
import { ScriptedPart } from './scripted-part.ts';

const endpointId = brandAs<BoundEndpoint['endpointId']>('ee'.repeat(32));
const bound: BoundEndpoint = { endpointId, port: 4_000, directAddresses: [] };
const [ONE, OTHER, PUBLIC] = ['https://one.example/', 'https://other.example/', 'https://public.example/'].map((url) =>
  brandAs<RelayUrl>(url),
) as [RelayUrl, RelayUrl, RelayUrl];
const atOne: AddressDiscoveryRelay = { url: ONE, quicPort: 7_842 };
const atOther: AddressDiscoveryRelay = { url: OTHER, quicPort: 443 };
const BOTH = resolveRelayChoice({ urls: [atOne, atOther] });

let endpoint: ScriptedPart;
let switchboard: ScriptedPart;
let others: ScriptedPart;
let own: OwnPresence;
let relays: RelayConfiguration;

const compose = (choice: ResolvedRelayChoice, isLoopbackOnly = false): void => {
  const logger = memoryLogger();
  others = new ScriptedPart();
  const persistence = new ScriptedPart();
  persistence.answer = () => ({ peers: [] });
  const system = {
    clock: fakeClock(),
    peers: { list: () => [] },
    hub: eventHub({ logger }),
    identity: { secretKey: new Uint8Array(32), endpointId },
    inBackground: inBackground({ logger }),
    logger,
    loopbackPort: { open: async () => 1, flow: () => undefined, hold: () => undefined },
    options: { bind: [], isLoopbackOnly },
    own,
    parts: { endpoint, switchboard, refresh: others, links: others, pairing: others, scheduler: others, persistence },
    unpaired: { list: () => [] },
    blocked: { list: () => [] },
  } as unknown as System;
  relays = configureRelays(system, choice);
  bindEndpoint(system);
};

const start = async (): Promise<void> => {
  await switchboard.start();
  await endpoint.start();
};

const discovered = () => endpoint.inputsOf<{ relay: AddressDiscoveryRelay | null }>('discoverAddresses');
const relaysAsked = () => discovered().map(({ relay }) => relay);
const bindings = () => endpoint.inputsOf<BindInput>('bind').map(({ addressDiscovery }) => addressDiscovery);
const tellChoice = (relay: AddressDiscoveryRelay | null) => switchboard.tell('addressDiscovery.changed', { relay });

beforeEach(() => {
  endpoint = new ScriptedPart();
  endpoint.answer = (name) => (name === 'bind' ? bound : { relays: [{ url: PUBLIC, quicPort: 7_842 }] });
  switchboard = new ScriptedPart();
  switchboard.answer = (name) => (name === 'serve' ? { loopbackUrl: 'http://127.0.0.1:1/' } : {});
  own = ownPresence({ id: brandAs('d-0'), endpointId, name: 'x' }, brandAs('0a'.repeat(32)));
});

describe('the relays a person chose', () => {
  it.each([
    ['disabled', 'disabled'],
    ['default', 'default'],
    [BOTH, 'custom'],
  ] as const)('are known by kind before the switchboard is there', (choice, kind) => {
    compose(choice);
    expect(own.current.relayChoice).toBe(kind);
  });
});

describe('the relay an endpoint asks for its address', () => {
  it('is the one the switchboard names, once for each change', async () => {
    compose(BOTH);
    await start();
    expect(bindings()).toEqual([null]);
    await tellChoice(atOne);
    await tellChoice(atOne);
    await tellChoice(atOther);
    await tellChoice(null);
    expect(relaysAsked()).toEqual([atOne, atOther, null]);
  });

  it('is asked from the first moment by an endpoint that has restarted', async () => {
    compose(BOTH);
    await start();
    await tellChoice(atOne);
    endpoint.crash();
    await tellChoice(atOther);
    await endpoint.start();
    expect(bindings()).toEqual([null, atOther]);
    expect(relaysAsked()).toEqual([atOne]);
  });

  it('is made good when it changed while the endpoint was being bound', async () => {
    compose(BOTH);
    await switchboard.start();
    const binding = Promise.withResolvers<BoundEndpoint>();
    endpoint.answer = (name) => (name === 'bind' ? binding.promise : { relays: [] });
    const started = endpoint.start();
    await settle();
    await tellChoice(atOne);
    binding.resolve(bound);
    await started;
    expect(bindings()).toEqual([null]);
    expect(relaysAsked()).toEqual([atOne]);
  });

  it('stays while a switchboard that has restarted knows no better', async () => {
    compose(BOTH);
    await start();
    await tellChoice(atOne);
    switchboard.crash();
    await switchboard.start();
    expect(own.current.addressDiscovery).toEqual(atOne);
    await tellChoice(atOther);
    expect(relaysAsked()).toEqual([atOne, atOther]);
  });

  it('is none any more when another choice of relays leaves it out', async () => {
    compose(BOTH);
    await start();
    await tellChoice(atOne);
    await relays.choose(resolveRelayChoice({ urls: [ONE] }));
    await settle();
    await tellChoice(atOne);
    expect(relaysAsked()).toEqual([atOne, null, atOne]);
    expect(bindings()).toEqual([null]);
  });

  it('is left at once when another choice of relays does without it, by binding anew', async () => {
    compose(BOTH);
    await start();
    await tellChoice(atOne);
    await tellChoice(atOther);
    await relays.choose(resolveRelayChoice({ urls: [atOther] }));
    await settle();
    expect(bindings()).toEqual([null, atOther]);
    const unbinding = Promise.withResolvers<void>();
    const answer = endpoint.answer;
    endpoint.answer = (name, input) => (name === 'unbind' ? unbinding.promise : answer(name, input));
    await relays.choose('disabled');
    await endpoint.tell('endpoint.addressesChanged', bound);
    expect(own.current.bound).toBeNull();
    unbinding.resolve();
    await settle();
    expect(bindings()).toEqual([null, atOther, null]);
    expect(endpoint.inputsOf('unbind')).toEqual([{ endpointId }, { endpointId }]);
    expect(others.inputsOf('dropAll')).toHaveLength(4);
    expect(own.current).toMatchObject({ bound, addressDiscovery: null });
    await relays.choose(BOTH);
    await settle();
    expect(bindings()).toHaveLength(3);
  });

  it('may be a public one, with the port iroh knows', async () => {
    compose('default');
    await start();
    const configured = switchboard.inputsOf<{ relays: readonly RelaySettings[] }>('configureRelays').at(-1);
    expect(configured?.relays).toEqual([{ url: PUBLIC, token: null, tier: 1, quicPort: 7_842 }]);
  });

  it('is none for a device that stays on this machine', async () => {
    compose(BOTH, true);
    await start();
    const configured = switchboard.inputsOf<{ relays: readonly RelaySettings[] }>('configureRelays').at(-1);
    expect(configured?.relays.map(({ quicPort }) => quicPort)).toEqual([undefined, undefined]);
  });
});

describe('what the status says of it', () => {
  const addresses = ['192.0.2.1:4000', '198.51.100.1:5000', '198.51.100.1:6000'].map((text) =>
    brandAs<SocketAddress>(text),
  );
  const here = { addressDiscovery: atOne, bound: { ...bound, directAddresses: addresses } };

  it('is what iroh found beyond the interfaces, and was not told', () => {
    expect(addressDiscoveryOf(here, new Set(['192.0.2.1']), addresses.slice(2))).toEqual({
      relay: ONE,
      addresses: ['198.51.100.1:5000'],
    });
    expect(addressDiscoveryOf({ ...here, bound: null }, new Set(), [])).toEqual({ relay: ONE, addresses: [] });
  });

  it('is nothing while no relay is asked', () => {
    expect(addressDiscoveryOf({ ...here, addressDiscovery: null }, new Set(), [])).toBeNull();
  });
});

describe('why a relay is home', () => {
  it('stays as it was while only those standing by change', async () => {
    compose(BOTH);
    await start();
    const told = { homeRelayUrl: ONE, previous: null, relayUrls: [ONE], reason: 'it answers first' };
    await switchboard.tell('relay.homeChanged', told);
    await switchboard.tell('relay.homeChanged', {
      ...told,
      previous: ONE,
      relayUrls: [ONE, OTHER],
      reason: 'it stays',
    });
    expect(own.current).toMatchObject({ relayUrls: [ONE, OTHER], homeReason: 'it answers first' });
    await switchboard.tell('relay.homeChanged', {
      ...told,
      homeRelayUrl: OTHER,
      previous: ONE,
      reason: 'it is nearer',
    });
    expect(own.current.homeReason).toBe('it is nearer');
    await switchboard.tell('relay.homeChanged', {
      ...told,
      homeRelayUrl: null,
      previous: OTHER,
      reason: 'none answers',
    });
    expect(own.current.homeReason).toBeNull();
  });
});
