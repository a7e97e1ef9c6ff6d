import {
  type AlpnPolicy,
  type BindInput,
  type BoundEndpoint,
  brandAs,
  type ChannelClient,
  CLOSE_CODES,
  type ConnectionId,
  type ConnectionInfo,
  type DialInput,
  type EndpointChannel,
  type EndpointId,
  errorCode,
  parseEndpointId,
  parseRelayUrl,
  parseSocketAddress,
  type SocketAddress,
} from '@bowline/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endpointIdOfSeed } from './endpoint-id-of-seed.ts';
import { type EventEar, eventEar } from './event-ear.ts';

/** Endpoint actors that can reach each other, made anew for every test. */
export interface EndpointArrangement {
  /** One more actor, started. */
  readonly endpoint: () => Promise<ChannelClient<EndpointChannel>>;
  /** Lets time go by until the promise has settled: turns a fake clock, or only waits. */
  readonly until: <T>(promise: Promise<T>) => Promise<T>;
  readonly stop: () => Promise<void>;
}

/** How {@link endpointConformance} is told about one implementation. */
export interface EndpointImplementation {
  readonly name: string;
  readonly arrange: () => EndpointArrangement;
}

const OPEN: AlpnPolicy = { alpn: 'test/open/1', admit: 'anyone', maxFrameBytes: 1_000, maxIncoming: 3 };
const LISTED: AlpnPolicy = { alpn: 'test/listed/1', admit: 'listed', maxFrameBytes: 1_000, maxIncoming: 3 };

/** An address of documentation (RFC 5737), at which nobody answers. */
const EXTERNAL_ADDRESS = brandAs<SocketAddress>('203.0.113.7:4567');

/** The discard port of this machine, behind which no endpoint sits. */
const DEAD_ADDRESSES = [brandAs<SocketAddress>('127.0.0.1:9')];

/** A bound endpoint with what its actor told. */
interface Device {
  readonly client: ChannelClient<EndpointChannel>;
  readonly ear: EventEar<EndpointChannel>;
  readonly bound: BoundEndpoint;
}

/**
 * What every endpoint actor owes its callers. The actor over iroh runs it, and so does the fake network that stands in
 * for it, so that what is tested on the fake holds on the wire.
 */
export const endpointConformance = (implementation: EndpointImplementation): void => {
  describe(`${implementation.name} as an endpoint actor`, () => {
    let arrangement: EndpointArrangement;
    let near: Device;
    let far: Device;
    let count = 0;

    const until = <T>(promise: Promise<T>): Promise<T> => arrangement.until(promise);
    const freshId = (): ConnectionId => {
      count += 1;
      return brandAs<ConnectionId>(count.toString(16).padStart(32, '0'));
    };

    const bindInput = (seed: number, changes: Partial<BindInput> = {}): BindInput => ({
      secretKey: new Uint8Array(32).fill(seed),
      protocols: [OPEN, LISTED],
      loopbackRelayUrl: null,
      bindAddresses: ['127.0.0.1'],
      ...changes,
    });

    const device = async (seed: number, changes: Partial<BindInput> = {}): Promise<Device> => {
      const client = await arrangement.endpoint();
      const ear = eventEar<EndpointChannel>(client, [
        'connection.accepted',
        'connection.closed',
        'connection.pathChanged',
        'connection.refused',
        'frame.received',
        'endpoint.addressesChanged',
      ]);
      return { client, ear, bound: await until(client.request('bind', bindInput(seed, changes))) };
    };

    const dialInput = (changes: Partial<DialInput> = {}): DialInput => ({
      from: near.bound.endpointId,
      to: far.bound.endpointId,
      connectionId: freshId(),
      alpn: OPEN.alpn,
      directAddresses: far.bound.directAddresses,
      throughRelay: false,
      timeoutMs: 20_000,
      ...changes,
    });

    const dial = (changes: Partial<DialInput> = {}): Promise<ConnectionInfo> =>
      until(near.client.request('dial', dialInput(changes)));

    /** Both ends of a connection that has been admitted. */
    const connect = async (changes: Partial<DialInput> = {}): Promise<{ here: ConnectionId; there: ConnectionId }> => {
      const known = far.ear.of('connection.accepted').length;
      const { connectionId } = await dial(changes);
      const isNew = (info: ConnectionInfo): boolean => far.ear.of('connection.accepted').indexOf(info) >= known;
      const accepted = await until(far.ear.next('connection.accepted', isNew));
      return { here: connectionId, there: accepted.connectionId };
    };

    const closeOf = (side: Device, connectionId: ConnectionId) =>
      until(side.ear.next('connection.closed', (payload) => payload.connectionId === connectionId));

    const framesOf = (side: Device, connectionId: ConnectionId): readonly Uint8Array[] =>
      side.ear
        .of('frame.received')
        .filter((payload) => payload.connectionId === connectionId)
        .map(({ frame }) => frame);

    const nthFrame = async (side: Device, connectionId: ConnectionId, index: number): Promise<Uint8Array> => {
      await until(side.ear.next('frame.received', () => framesOf(side, connectionId).length > index));
      return framesOf(side, connectionId)[index] as Uint8Array;
    };

    const send = (side: Device, connectionId: ConnectionId, frame: Uint8Array): Promise<void> =>
      until(side.client.request('send', { connectionId, frame }));

    /** The other side may have closed before the send is over; either way it must not have been received. */
    const sendTooLarge = async (side: Device, connectionId: ConnectionId): Promise<void> => {
      try {
        await send(side, connectionId, new Uint8Array(1_001));
      } catch (error) {
        expect(errorCode(error)).toBe('CONNECTION_CLOSED');
      }
    };

    beforeEach(async () => {
      arrangement = implementation.arrange();
      near = await device(1);
      far = await device(2);
    });

    afterEach(() => arrangement.stop());

    describe('binding', () => {
      test('answers with the id of the key, a port and addresses to dial', () => {
        expect(near.bound.endpointId).toBe(endpointIdOfSeed(new Uint8Array(32).fill(1)));
        expect(parseEndpointId(near.bound.endpointId)).toBeDefined();
        expect(near.bound.port).toBeGreaterThan(0);
        expect(near.bound.directAddresses.length).toBeGreaterThan(0);
        for (const address of near.bound.directAddresses) expect(parseSocketAddress(address)).toBe(address);
      });

      test('refuses a key that is bound already', async () => {
        const again = near.client.request('bind', bindInput(1));
        await expect(until(again)).rejects.toMatchObject({ code: 'ENDPOINT_ALREADY_BOUND' });
      });

      test('takes the same key again after it was unbound', async () => {
        await until(near.client.request('unbind', { endpointId: near.bound.endpointId }));
        const bound = await until(near.client.request('bind', bindInput(1)));
        expect(bound.endpointId).toBe(near.bound.endpointId);
        await connect();
      });

      test('holds several keys at once and tells which one was reached', async () => {
        const second = await until(far.client.request('bind', bindInput(3)));
        await dial({ to: second.endpointId, directAddresses: second.directAddresses });
        const accepted = await until(far.ear.next('connection.accepted'));
        expect(accepted.localEndpointId).toBe(second.endpointId);
      });

      test('unbinding closes its connections with shutdown and forgets the endpoint', async () => {
        const { here, there } = await connect();
        await until(near.client.request('unbind', { endpointId: near.bound.endpointId }));
        expect((await closeOf(near, here)).close).toMatchObject({ by: 'here', name: 'shutdown' });
        expect((await closeOf(far, there)).close).toMatchObject({ by: 'peer', name: 'shutdown' });
        const requests: (() => Promise<unknown>)[] = [
          () => near.client.request('dial', dialInput()),
          () => near.client.request('describe', { endpointId: near.bound.endpointId }),
          () => near.client.request('setAdmitted', { endpointId: near.bound.endpointId, admitted: [] }),
          () =>
            near.client.request('addExternalAddress', {
              endpointId: near.bound.endpointId,
              address: EXTERNAL_ADDRESS,
            }),
        ];
        for (const request of requests) {
          await expect(until(request())).rejects.toMatchObject({ code: 'ENDPOINT_NOT_BOUND' });
        }
        await until(near.client.request('unbind', { endpointId: near.bound.endpointId }));
      });

      test('an address learned from outside is described and told', async () => {
        const { endpointId } = near.bound;
        await until(near.client.request('addExternalAddress', { endpointId, address: EXTERNAL_ADDRESS }));
        const has = ({ directAddresses }: BoundEndpoint): boolean => directAddresses.includes(EXTERNAL_ADDRESS);
        await until(near.ear.next('endpoint.addressesChanged', has));
        expect(has(await until(near.client.request('describe', { endpointId })))).toBe(true);
      });

      test('names public relays without being bound', async () => {
        const client = await arrangement.endpoint();
        const { relayUrls } = await until(client.request('publicRelays', {}));
        expect(relayUrls.length).toBeGreaterThan(0);
        for (const url of relayUrls) expect(parseRelayUrl(url)).toBe(url);
      });
    });

    describe('dialling', () => {
      test('both sides learn who is on the other end', async () => {
        const input = dialInput();
        const info = await until(near.client.request('dial', input));
        const accepted = await until(far.ear.next('connection.accepted'));
        expect(info).toMatchObject({
          connectionId: input.connectionId,
          localEndpointId: near.bound.endpointId,
          remoteEndpointId: far.bound.endpointId,
          alpn: OPEN.alpn,
        });
        expect(accepted).toMatchObject({
          localEndpointId: far.bound.endpointId,
          remoteEndpointId: near.bound.endpointId,
          alpn: OPEN.alpn,
        });
      });

      test('the path is known at once or told soon', async () => {
        const { connectionId, path } = await dial();
        const isOurs = (payload: ConnectionInfo): boolean => payload.connectionId === connectionId;
        const selected = path ?? (await until(near.ear.next('connection.pathChanged', isOurs))).path;
        expect(selected.kind).toBe('direct');
        expect(far.bound.directAddresses).toContain(selected.remoteAddress);
        const inspected = await until(near.client.request('inspect', { connectionId }));
        expect(inspected.path).toMatchObject({ kind: 'direct', remoteAddress: selected.remoteAddress });
      });

      test('times out when nobody answers', async () => {
        const nobody = endpointIdOfSeed(new Uint8Array(32).fill(9));
        const dialling = near.client.request(
          'dial',
          dialInput({ to: nobody, directAddresses: DEAD_ADDRESSES, timeoutMs: 150 }),
        );
        await expect(until(dialling)).rejects.toMatchObject({ code: 'DIAL_TIMED_OUT', stage: 'dial', retryable: true });
      });

      test('fails when the other side does not speak the protocol', async () => {
        const dialling = near.client.request('dial', dialInput({ alpn: 'test/unknown/1' }));
        await expect(until(dialling)).rejects.toMatchObject({ code: 'DIAL_FAILED', stage: 'handshake' });
      });

      test('fails at once when an endpoint dials itself', async () => {
        const { endpointId: to, directAddresses } = near.bound;
        const dialling = near.client.request('dial', dialInput({ to, directAddresses }));
        await expect(until(dialling)).rejects.toMatchObject({ code: 'DIAL_FAILED', stage: 'dial' });
      });

      test('refuses a connection id that is in use', async () => {
        const { here } = await connect();
        await expect(dial({ connectionId: here })).rejects.toMatchObject({ code: 'CONNECTION_ID_IN_USE' });
      });

      test('cancelling rejects, and closes whatever comes of it', async () => {
        const cancelling = new AbortController();
        const input = dialInput();
        const dialling = near.client.request('dial', input, { signal: cancelling.signal });
        cancelling.abort();
        await expect(until(dialling)).rejects.toMatchObject({ code: 'CHANNEL_CANCELLED' });
        const { here } = await connect();
        expect(here).not.toBe(input.connectionId);
        const strays = far.ear.of('connection.accepted').slice(0, -1);
        for (const { connectionId } of strays) {
          expect((await closeOf(far, connectionId)).close).toMatchObject({ by: 'peer', name: 'cancelled' });
        }
        expect(near.ear.of('connection.closed')).toEqual([]);
      });

      test('closing the connection id of a pending dial cancels it', async () => {
        const nobody = endpointIdOfSeed(new Uint8Array(32).fill(9));
        const input = dialInput({ to: nobody, directAddresses: DEAD_ADDRESSES });
        const dialling = expect(until(near.client.request('dial', input))).rejects.toMatchObject({
          code: 'CHANNEL_CANCELLED',
        });
        const { connectionId } = input;
        await until(near.client.request('close', { connectionId, name: 'done', reason: '' }));
        await dialling;
      });

      test('both sides may dial at once, which makes two connections', async () => {
        const back = far.client.request('dial', {
          ...dialInput(),
          from: far.bound.endpointId,
          to: near.bound.endpointId,
          directAddresses: near.bound.directAddresses,
        });
        await Promise.all([dial(), until(back)]);
        await until(far.ear.next('connection.accepted'));
        await until(near.ear.next('connection.accepted'));
      });
    });

    describe('frames', () => {
      test('arrive whole, in order and once, in both directions', async () => {
        const { here, there } = await connect();
        const frames = [0, 1, 999, 0, 1_000, 500].map((sizeBytes, index) => new Uint8Array(sizeBytes).fill(index + 1));
        await Promise.all(frames.map((frame) => send(near, here, frame)));
        await nthFrame(far, there, frames.length - 1);
        expect(framesOf(far, there)).toEqual(frames);
        await Promise.all(frames.map((frame) => send(far, there, frame)));
        await nthFrame(near, here, frames.length - 1);
        expect(framesOf(near, here)).toEqual(frames);
      });

      test('one larger than the limit closes the connection on both sides', async () => {
        const { here, there } = await connect();
        await sendTooLarge(near, here);
        expect((await closeOf(far, there)).close).toMatchObject({ by: 'here', name: 'frame-too-large' });
        expect((await closeOf(near, here)).close).toMatchObject({ by: 'peer', name: 'frame-too-large' });
        expect(framesOf(far, there)).toEqual([]);
      });

      test('the limit can be raised for one connection', async () => {
        const { here, there } = await connect();
        await until(far.client.request('allowFrames', { connectionId: there, maxFrameBytes: 200_000 }));
        const large = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
        await send(near, here, large);
        expect(await nthFrame(far, there, 0)).toEqual(large);
      });

      test('a dialled connection has a limit too', async () => {
        const { here, there } = await connect();
        await send(near, here, Uint8Array.of(1));
        await nthFrame(far, there, 0);
        await sendTooLarge(far, there);
        expect((await closeOf(near, here)).close).toMatchObject({ by: 'here', name: 'frame-too-large' });
      });
    });

    describe('admission', () => {
      test('closes an endpoint that is not listed with not-paired, and tells of it', async () => {
        const { connectionId } = await dial({ alpn: LISTED.alpn });
        expect((await closeOf(near, connectionId)).close).toMatchObject({ by: 'peer', name: 'not-paired' });
        expect(await until(far.ear.next('connection.refused'))).toEqual({
          localEndpointId: far.bound.endpointId,
          remoteEndpointId: near.bound.endpointId,
          alpn: LISTED.alpn,
          name: 'not-paired',
        });
        expect(far.ear.of('connection.accepted')).toEqual([]);
      });

      test('admits an endpoint once it is listed', async () => {
        const admitted = [near.bound.endpointId];
        await until(far.client.request('setAdmitted', { endpointId: far.bound.endpointId, admitted }));
        await connect({ alpn: LISTED.alpn });
      });

      test('admits from the first moment whom the bind names', async () => {
        far = await device(4, { admitted: [near.bound.endpointId] });
        await connect({ alpn: LISTED.alpn });
      });

      test('closes listed connections of an endpoint taken off the list, and no others', async () => {
        const { endpointId } = far.bound;
        await until(far.client.request('setAdmitted', { endpointId, admitted: [near.bound.endpointId] }));
        const listed = await connect({ alpn: LISTED.alpn });
        const open = await connect({ alpn: OPEN.alpn });
        await until(far.client.request('setAdmitted', { endpointId, admitted: [] }));
        expect((await closeOf(far, listed.there)).close).toMatchObject({ by: 'here', name: 'unpaired' });
        expect((await closeOf(near, listed.here)).close).toMatchObject({ by: 'peer', name: 'unpaired' });
        await send(near, open.here, Uint8Array.of(1));
        await nthFrame(far, open.there, 0);
      });

      test('closes the connection beyond the most of its protocol with busy, until one ends', async () => {
        const open = [await connect(), await connect(), await connect()];
        const { connectionId } = await dial();
        expect((await closeOf(near, connectionId)).close).toMatchObject({ by: 'peer', name: 'busy' });
        const ended = open[0]?.there as ConnectionId;
        await until(far.client.request('close', { connectionId: ended, name: 'done', reason: '' }));
        await closeOf(near, open[0]?.here as ConnectionId);
        await connect();
      });
    });

    describe('closing', () => {
      test('is told once on each side, with its name and reason', async () => {
        const { here, there } = await connect();
        await until(
          near.client.request('close', { connectionId: here, name: 'rejected', reason: 'not (code 1) today' }),
        );
        const close = { code: CLOSE_CODES.rejected, name: 'rejected', reason: 'not (code 1) today' };
        expect((await closeOf(near, here)).close).toEqual({ by: 'here', ...close });
        expect((await closeOf(far, there)).close).toEqual({ by: 'peer', ...close });
        await until(near.client.request('close', { connectionId: here, name: 'done', reason: '' }));
        await connect();
        expect(near.ear.of('connection.closed')).toHaveLength(1);
        expect(far.ear.of('connection.closed')).toHaveLength(1);
      });

      test('leaves nothing to send on or to look at', async () => {
        const { here } = await connect();
        await until(near.client.request('close', { connectionId: here, name: 'done', reason: '' }));
        const requests: (() => Promise<unknown>)[] = [
          () => near.client.request('send', { connectionId: here, frame: Uint8Array.of(1) }),
          () => near.client.request('inspect', { connectionId: here }),
          () => near.client.request('allowFrames', { connectionId: here, maxFrameBytes: 10 }),
        ];
        for (const request of requests) {
          await expect(until(request())).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
        }
      });

      test('ignores a connection it does not know', async () => {
        const unknown = brandAs<ConnectionId>('f'.repeat(32));
        await until(near.client.request('close', { connectionId: unknown, name: 'done', reason: '' }));
      });
    });

    test('asking for anyone unknown is answered with the right refusal', async () => {
      const from = endpointIdOfSeed(new Uint8Array(32).fill(8)) as EndpointId;
      await expect(dial({ from })).rejects.toMatchObject({ code: 'ENDPOINT_NOT_BOUND' });
    });
  });
};
