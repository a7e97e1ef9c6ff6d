import {
  type BoundEndpoint,
  brandAs,
  type Candidate,
  type DiscoveryChannel,
  type DiscoverySource,
  type EndpointChannel,
  parseHostPort,
  type RequestInput,
  type SearchInput,
  type SocketAddress,
  socketAddressOf,
} from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { type TestDevice, type TestWorld, testWorld } from './devices.ts';
import { fakeClient } from './fake-peers.ts';

const ALONE = { hasMdns: false, relayUrls: [], meetingRelayUrls: [] };
const PORT = 4_711;

/** A source that takes a hint for the address of the rendezvous endpoint. */
const signpost = (name = 'signpost'): { readonly source: DiscoverySource; readonly asked: SearchInput[] } => {
  const asked: SearchInput[] = [];
  const { client, tell } = fakeClient<DiscoveryChannel>({
    search: (input: SearchInput) => {
      asked.push(input);
      const { target, searchId } = input;
      for (const hint of target.hints ?? []) {
        const address = {
          endpointId: target.rendezvousEndpointId,
          relayUrls: [],
          directAddresses: [brandAs<SocketAddress>(hint)],
        };
        const candidate: Candidate = { source: name, kind: 'rendezvous', address };
        tell('candidate.found', { searchId, candidate });
      }
      return { source: name, candidateCount: target.hints?.length ?? 0, summary: 'all hints told' };
    },
  });
  return { source: { name, trust: 'vouched', client }, asked };
};

/** Notes what a device binds and dials. */
const watched = ({ endpoint }: TestDevice) => {
  const bound: SocketAddress[] = [];
  const dialled: SocketAddress[] = [];
  const { request } = endpoint;
  Object.assign(endpoint, {
    request: async (...[name, input, options]: Parameters<typeof request>) => {
      if (name === 'dial') dialled.push(...(input as RequestInput<EndpointChannel, 'dial'>).directAddresses);
      const answer = await request(name, input, options);
      if (name === 'bind') bound.push(...(answer as BoundEndpoint).directAddresses);
      return answer;
    },
  });
  return { dialled, rendezvous: () => bound.findLast((each) => each.endsWith(`:${PORT}`)) ?? '' };
};

/** Pairing takes more turns than one advance of the clock waits for, when every request is watched. */
const afterASecond = async ({ clock }: TestWorld): Promise<void> => {
  for (let step = 0; step < 10; step += 1) await clock.advance(100);
};

/** Two devices that nothing but an address can bring together. */
const apart = async () => {
  const world = testWorld();
  const { source, asked } = signpost();
  const nas = await world.device('nas', ALONE);
  const laptop = await world.device('laptop', { ...ALONE, moreSources: [source] });
  const { rendezvous } = watched(nas);
  const { dialled } = watched(laptop);
  const offer = (port = PORT) =>
    nas.client.request('offer', {
      ttlMs: 300_000,
      policy: 'accept',
      rendezvousAt: { port, bindAddresses: [] },
    });
  const join = (code: string, hints: readonly string[]) =>
    laptop.client.request('join', { sessionId: 'join' as never, code, policy: 'accept', hints });
  return { world, nas, laptop, asked, dialled, rendezvous, offer, join };
};

describe('a code that is to be found at an address', () => {
  it('leads to its device, which is stored with the host it was reached at', async () => {
    const { world, nas, laptop, asked, dialled, rendezvous, offer, join } = await apart();
    const { words } = await offer();
    await join(words, [rendezvous()]);
    await afterASecond(world);
    expect(asked).toMatchObject([{ target: { hints: [rendezvous()] } }]);
    expect(laptop.completed()).toMatchObject([{ via: 'signpost' }]);
    expect(nas.completed()).toHaveLength(1);
    const host = parseHostPort(rendezvous())?.host ?? '';
    expect(laptop.store.list()[0]?.directAddresses.map(({ address }) => address)).toContain(
      nas.identity().directAddresses[0],
    );
    expect(dialled).toContain(socketAddressOf(host, nas.identity().port));
  });

  it('is not found without the address, and is told why by that source too', async () => {
    const { world, laptop, offer, join } = await apart();
    const { words } = await offer();
    await join(words, []);
    await world.clock.advance(20_000);
    expect(laptop.failed()[0]?.attempts.map(({ via }) => via)).toEqual(['mdns', 'ticket', 'rendezvous', 'signpost']);
  });

  it('is refused when its port is taken, and is made once it is free; a code that was cancelled frees it', async () => {
    const { world, nas, offer } = await apart();
    const { sessionId } = await offer();
    const refused = expect(offer()).rejects.toMatchObject({ code: 'RENDEZVOUS_PORT_TAKEN', data: { port: PORT } });
    await world.clock.advance(10_000);
    await refused;
    const waiting = offer();
    await world.clock.advance(500);
    await nas.cancel(sessionId);
    await world.clock.advance(500);
    await expect(waiting).resolves.toHaveProperty('words');
    expect(nas.failed()).toMatchObject([{ code: 'CANCELLED' }]);
  });

  it('gives its port to the next one as soon as it is used, though it would linger', async () => {
    const { world, nas, laptop, rendezvous, offer, join } = await apart();
    const { words } = await offer();
    await join(words, [rendezvous()]);
    await afterASecond(world);
    expect(laptop.completed()).toHaveLength(1);
    await expect(offer()).resolves.toHaveProperty('words');
    await settle();
    expect(nas.failed()).toEqual([]);
  });

  it.each([0, 65_536, 1.5])('needs a port that is one (%s)', async (port) => {
    const { offer } = await apart();
    await expect(offer(port)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('has its port again after the endpoint was restarted', async () => {
    const { world, nas, laptop, rendezvous, offer, join } = await apart();
    const { words } = await offer();
    await nas.restartEndpoint();
    await join(words, [rendezvous()]);
    await afterASecond(world);
    expect(laptop.completed()).toHaveLength(1);
  });
});
