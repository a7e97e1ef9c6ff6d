import {
  type BoundEndpoint,
  brandAs,
  CLOSE_CODES,
  type ConnectionId,
  type ConnectionInfo,
  endpointIdOf,
  type IdleHeartbeat,
  parseEndpointId,
  parseRelayUrl,
  parseSocketAddress,
  type RelayUrl,
  type SocketAddress,
} from '@bowline/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type EndpointArrangement,
  EndpointStage,
  LISTED,
  OPEN,
  type StagedDevice,
  stagedBindInput,
} from './endpoint-stage.ts';
import { endpointStreamConformance } from './endpoint-stream-conformance.ts';

/** How {@link endpointConformance} is told about one implementation. */
export interface EndpointImplementation {
  readonly name: string;
  readonly arrange: () => EndpointArrangement;
}

/** An address of documentation (RFC 5737), at which nobody answers. */
const EXTERNAL_ADDRESS = brandAs<SocketAddress>('203.0.113.7:4567');

/** The discard port of this machine, behind which no endpoint sits. */
const DEAD_ADDRESSES = [brandAs<SocketAddress>('127.0.0.1:9')];

/**
 * What every endpoint actor owes its callers. The actor over iroh runs it, and so does the fake network that stands in
 * for it, so that what is tested on the fake holds on the wire.
 *
 * Long because it is a list of facts, each with the test of it.
 */
export const endpointConformance = (implementation: EndpointImplementation): void => {
  describe(`${implementation.name} as an endpoint actor`, () => {
    let arrangement: EndpointArrangement;
    let stage: EndpointStage;

    beforeEach(async () => {
      arrangement = implementation.arrange();
      stage = await EndpointStage.open(arrangement);
    });

    afterEach(() => arrangement.stop());

    describe('binding', () => {
      test('answers with the id of the key, a port and addresses to dial', () => {
        expect(stage.near.bound.endpointId).toBe(endpointIdOf(new Uint8Array(32).fill(1)));
        expect(parseEndpointId(stage.near.bound.endpointId)).toBeDefined();
        expect(stage.near.bound.port).toBeGreaterThan(0);
        expect(stage.near.bound.directAddresses.length).toBeGreaterThan(0);
        for (const address of stage.near.bound.directAddresses) expect(parseSocketAddress(address)).toBe(address);
      });

      test('refuses a key that is bound already', async () => {
        const again = stage.near.client.request('bind', stagedBindInput(1));
        await expect(stage.until(again)).rejects.toMatchObject({ code: 'ENDPOINT_ALREADY_BOUND' });
      });

      test('takes the same key again after it was unbound', async () => {
        await stage.until(stage.near.client.request('unbind', { endpointId: stage.near.bound.endpointId }));
        const bound = await stage.until(stage.near.client.request('bind', stagedBindInput(1)));
        expect(bound.endpointId).toBe(stage.near.bound.endpointId);
        await stage.connect();
      });

      test('holds several keys at once and tells which one was reached', async () => {
        const second = await stage.until(stage.far.client.request('bind', stagedBindInput(3)));
        await stage.dial({ to: second.endpointId, directAddresses: second.directAddresses });
        const accepted = await stage.until(stage.far.recorder.next('connection.accepted'));
        expect(accepted.localEndpointId).toBe(second.endpointId);
      });

      test('unbinding closes its connections with ended and forgets the endpoint', async () => {
        const { here, there } = await stage.connect();
        await stage.until(stage.near.client.request('unbind', { endpointId: stage.near.bound.endpointId }));
        expect((await stage.closeOf(stage.near, here)).close).toMatchObject({ by: 'here', name: 'ended' });
        expect((await stage.closeOf(stage.far, there)).close).toMatchObject({ by: 'peer', name: 'ended' });
        const requests: (() => Promise<unknown>)[] = [
          () => stage.near.client.request('dial', stage.dialInput()),
          () => stage.near.client.request('readBound', { endpointId: stage.near.bound.endpointId }),
          () => stage.near.client.request('readPortMapping', { endpointId: stage.near.bound.endpointId }),
          () => stage.near.client.request('setAdmitted', { endpointId: stage.near.bound.endpointId, admitted: [] }),
          () =>
            stage.near.client.request('setExternalAddresses', {
              endpointId: stage.near.bound.endpointId,
              addresses: [EXTERNAL_ADDRESS],
            }),
        ];
        for (const request of requests) {
          await expect(stage.until(request())).rejects.toMatchObject({ code: 'ENDPOINT_NOT_BOUND' });
        }
        await stage.until(stage.near.client.request('unbind', { endpointId: stage.near.bound.endpointId }));
      });

      test('an address learned from outside is described and told', async () => {
        const { endpointId } = stage.near.bound;
        await stage.until(
          stage.near.client.request('setExternalAddresses', { endpointId, addresses: [EXTERNAL_ADDRESS] }),
        );
        const has = ({ directAddresses }: BoundEndpoint): boolean => directAddresses.includes(EXTERNAL_ADDRESS);
        await stage.until(stage.near.recorder.next('endpoint.addressesChanged', has));
        expect(has(await stage.until(stage.near.client.request('readBound', { endpointId })))).toBe(true);
      });

      test('an address that was taken back is described no more', async () => {
        const { endpointId } = stage.near.bound;
        for (const addresses of [[EXTERNAL_ADDRESS], [EXTERNAL_ADDRESS], [], []]) {
          await stage.until(stage.near.client.request('setExternalAddresses', { endpointId, addresses }));
        }
        // iroh takes it in, and takes it back, in its own time.
        const described = async () => {
          const bound = await stage.until(stage.near.client.request('readBound', { endpointId }));
          return bound.directAddresses;
        };
        await expect.poll(described, { timeout: 15_000 }).toEqual(stage.near.bound.directAddresses);
      });

      test('without a relay, no relay is asked for addresses either', async () => {
        const { endpointId } = stage.near.bound;
        const relay = { url: brandAs<RelayUrl>('https://relay.test/'), quicPort: 7_842 };
        const asked = stage.near.client.request('discoverAddresses', { endpointId, relay });
        await expect(stage.until(asked)).rejects.toMatchObject({ code: 'ENDPOINT_WITHOUT_RELAY' });
      });

      test('names public relays without being bound', async () => {
        const client = await stage.endpoint();
        const { relays } = await stage.until(client.request('publicRelays', {}));
        expect(relays.length).toBeGreaterThan(0);
        for (const { url } of relays) expect(parseRelayUrl(url)).toBe(url);
        for (const { quicPort } of relays) expect(quicPort ?? 1).toBeGreaterThan(0);
      });
    });

    describe('dialling', () => {
      test('both sides learn who is on the other end', async () => {
        const input = stage.dialInput();
        const info = await stage.until(stage.near.client.request('dial', input));
        const accepted = await stage.until(stage.far.recorder.next('connection.accepted'));
        expect(info).toMatchObject({
          connectionId: input.connectionId,
          localEndpointId: stage.near.bound.endpointId,
          remoteEndpointId: stage.far.bound.endpointId,
          alpn: OPEN.alpn,
        });
        expect(accepted).toMatchObject({
          localEndpointId: stage.far.bound.endpointId,
          remoteEndpointId: stage.near.bound.endpointId,
          alpn: OPEN.alpn,
        });
      });

      test('a first frame given with the dial is the first the other side hears', async () => {
        const { here, there } = await stage.connect({ firstFrame: Buffer.from('first') });
        await stage.send(stage.near, here, Buffer.from('second'));
        await stage.nthFrame(stage.far, there, 1);
        expect(stage.framesOf(stage.far, there).map((frame) => Buffer.from(frame).toString())).toEqual([
          'first',
          'second',
        ]);
      });

      test('the path is known at once or told soon', async () => {
        const { connectionId, path } = await stage.dial();
        const isOurs = (payload: ConnectionInfo): boolean => payload.connectionId === connectionId;
        const selected = path ?? (await stage.until(stage.near.recorder.next('connection.pathChanged', isOurs))).path;
        expect(selected.kind).toBe('direct');
        expect(stage.far.bound.directAddresses).toContain(selected.remoteAddress);
        const inspected = await stage.until(stage.near.client.request('inspect', { connectionId }));
        expect(inspected.path?.kind).toBe('direct');
        // Meanwhile it may have moved to another address of the two.
        expect(stage.far.bound.directAddresses).toContain(inspected.path?.remoteAddress);
      });

      test('what a connection carries directly is counted while it is open, and told whole at its end', async () => {
        const { here, there } = await stage.connect();
        const frame = Buffer.alloc(1_000);
        await stage.send(stage.near, here, frame);
        await stage.nthFrame(stage.far, there, 0);
        const { connections } = await stage.until(stage.far.client.request('countBytes', {}));
        const [counted] = connections.filter(({ connectionId }) => connectionId === there);
        expect(counted?.remoteEndpointId).toBe(stage.near.bound.endpointId);
        expect(counted?.direct.receivedBytes).toBeGreaterThanOrEqual(frame.byteLength);
        await stage.until(stage.near.client.request('close', { connectionId: here, name: 'done', reason: '' }));
        const { direct } = await stage.closeOf(stage.near, here);
        expect(direct.sentBytes).toBeGreaterThanOrEqual(frame.byteLength);
        const far = await stage.closeOf(stage.far, there);
        expect(far.direct.receivedBytes).toBeGreaterThanOrEqual(counted?.direct.receivedBytes ?? Infinity);
        expect((await stage.until(stage.far.client.request('countBytes', {}))).connections).toEqual([]);
      });

      test('times out when nobody answers', async () => {
        const nobody = endpointIdOf(new Uint8Array(32).fill(9));
        const dialling = stage.near.client.request(
          'dial',
          stage.dialInput({ to: nobody, directAddresses: DEAD_ADDRESSES, timeoutMs: 150 }),
        );
        await expect(stage.until(dialling)).rejects.toMatchObject({
          code: 'DIAL_TIMED_OUT',
          stage: 'dial',
          retryable: true,
        });
      });

      test('fails when the other side does not speak the protocol', async () => {
        const dialling = stage.near.client.request('dial', stage.dialInput({ alpn: 'test/unknown/1' }));
        await expect(stage.until(dialling)).rejects.toMatchObject({ code: 'DIAL_FAILED', stage: 'handshake' });
      });

      test('fails at once when an endpoint dials itself', async () => {
        const { endpointId: to, directAddresses } = stage.near.bound;
        const dialling = stage.near.client.request('dial', stage.dialInput({ to, directAddresses }));
        await expect(stage.until(dialling)).rejects.toMatchObject({ code: 'DIAL_FAILED', stage: 'dial' });
      });

      test('refuses a connection id that is in use', async () => {
        const { here } = await stage.connect();
        await expect(stage.dial({ connectionId: here })).rejects.toMatchObject({ code: 'CONNECTION_ID_IN_USE' });
      });

      test('cancelling rejects, and closes whatever comes of it', async () => {
        const cancelling = new AbortController();
        const input = stage.dialInput();
        const dialling = stage.near.client.request('dial', input, { signal: cancelling.signal });
        cancelling.abort();
        await expect(stage.until(dialling)).rejects.toMatchObject({ code: 'CHANNEL_CANCELLED' });
        const { here } = await stage.connect();
        expect(here).not.toBe(input.connectionId);
        // The one that was given up may be accepted before the other one or after it.
        await stage.send(stage.near, here, Uint8Array.of(1));
        const { connectionId: kept } = await stage.until(stage.far.recorder.next('frame.received'));
        const strays = stage.far.recorder.of('connection.accepted').filter((each) => each.connectionId !== kept);
        for (const { connectionId } of strays) {
          expect((await stage.closeOf(stage.far, connectionId)).close).toMatchObject({ by: 'peer', name: 'cancelled' });
        }
        expect(stage.near.recorder.of('connection.closed')).toEqual([]);
      });

      test('closing the connection id of a pending dial cancels it', async () => {
        const nobody = endpointIdOf(new Uint8Array(32).fill(9));
        const input = stage.dialInput({ to: nobody, directAddresses: DEAD_ADDRESSES });
        const dialling = expect(stage.until(stage.near.client.request('dial', input))).rejects.toMatchObject({
          code: 'CHANNEL_CANCELLED',
        });
        const { connectionId } = input;
        await stage.until(stage.near.client.request('close', { connectionId, name: 'done', reason: '' }));
        await dialling;
      });

      test('both sides may dial at once, which makes two connections', async () => {
        const back = stage.far.client.request('dial', {
          ...stage.dialInput(),
          from: stage.far.bound.endpointId,
          to: stage.near.bound.endpointId,
          directAddresses: stage.near.bound.directAddresses,
        });
        await Promise.all([stage.dial(), stage.until(back)]);
        await stage.until(stage.far.recorder.next('connection.accepted'));
        await stage.until(stage.near.recorder.next('connection.accepted'));
      });
    });

    describe('frames', () => {
      test('arrive whole, in order and once, in both directions', async () => {
        const { here, there } = await stage.connect();
        const frames = [0, 1, 999, 0, 1_000, 500].map((sizeBytes, index) => new Uint8Array(sizeBytes).fill(index + 1));
        await Promise.all(frames.map((frame) => stage.send(stage.near, here, frame)));
        await stage.nthFrame(stage.far, there, frames.length - 1);
        expect(stage.framesOf(stage.far, there)).toEqual(frames);
        await Promise.all(frames.map((frame) => stage.send(stage.far, there, frame)));
        await stage.nthFrame(stage.near, here, frames.length - 1);
        expect(stage.framesOf(stage.near, here)).toEqual(frames);
      });

      test('one larger than the limit closes the connection on both sides', async () => {
        const { here, there } = await stage.connect();
        await stage.sendTooLarge(stage.near, here);
        expect((await stage.closeOf(stage.far, there)).close).toMatchObject({ by: 'here', name: 'frame-too-large' });
        expect((await stage.closeOf(stage.near, here)).close).toMatchObject({ by: 'peer', name: 'frame-too-large' });
        expect(stage.framesOf(stage.far, there)).toEqual([]);
      });

      test('the limit can be raised for one connection', async () => {
        const { here, there } = await stage.connect();
        await stage.until(stage.far.client.request('allowFrames', { connectionId: there, maxFrameBytes: 200_000 }));
        const large = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
        await stage.send(stage.near, here, large);
        expect(await stage.nthFrame(stage.far, there, 0)).toEqual(large);
      });

      test('a dialled connection has a limit too', async () => {
        const { here, there } = await stage.connect();
        await stage.send(stage.near, here, Uint8Array.of(1));
        await stage.nthFrame(stage.far, there, 0);
        await stage.sendTooLarge(stage.far, there);
        expect((await stage.closeOf(stage.near, here)).close).toMatchObject({ by: 'here', name: 'frame-too-large' });
      });
    });

    describe('idle heartbeats', () => {
      const HEARTBEAT: IdleHeartbeat = {
        hasDialled: true,
        isOwnTurn: true,
        rttMs: 1,
        intervalMs: 20,
        silenceMs: 150,
        maxSilenceMs: 300,
        forMs: 600_000,
      };
      const tell = (side: StagedDevice, connectionId: ConnectionId, heartbeat: IdleHeartbeat | null): Promise<void> =>
        stage.until(side.client.request('setIdleHeartbeat', { connectionId, heartbeat }));

      test('are asked and answered with nobody told, and other frames are told', async () => {
        const { here, there } = await stage.connect();
        // A busy machine may be late with an answer.
        const patient = { ...HEARTBEAT, silenceMs: 10_000, maxSilenceMs: 20_000 };
        await tell(stage.far, there, { ...patient, hasDialled: false, isOwnTurn: false });
        await tell(stage.near, here, patient);
        await stage.pause();
        await stage.send(stage.near, here, Uint8Array.of(1));
        await stage.send(stage.far, there, Uint8Array.of(2));
        await stage.nthFrame(stage.far, there, 0);
        await stage.nthFrame(stage.near, here, 0);
        expect(stage.framesOf(stage.far, there)).toEqual([Uint8Array.of(1)]);
        expect(stage.framesOf(stage.near, here)).toEqual([Uint8Array.of(2)]);
        expect(stage.near.recorder.of('heartbeat.unanswered')).toEqual([]);
      });

      test('that nobody answers are told once, and leave the connection open', async () => {
        const { here, there } = await stage.connect();
        await tell(stage.near, here, HEARTBEAT);
        expect(await stage.until(stage.near.recorder.next('heartbeat.unanswered'))).toEqual({ connectionId: here });
        // What it has asked last may be on its way still.
        await stage.pause();
        const asked = stage.framesOf(stage.far, there).length;
        expect(asked).toBeGreaterThan(0);
        await stage.pause();
        expect(stage.near.recorder.of('heartbeat.unanswered')).toHaveLength(1);
        expect(stage.framesOf(stage.far, there)).toHaveLength(asked);
        await stage.send(stage.near, here, Uint8Array.of(1));
        expect(await stage.nthFrame(stage.far, there, asked)).toEqual(Uint8Array.of(1));
      });

      test('that are taken back are told as the frames they are', async () => {
        const { here, there } = await stage.connect();
        await tell(stage.far, there, { ...HEARTBEAT, intervalMs: 60_000 });
        await tell(stage.far, there, null);
        await tell(stage.near, here, HEARTBEAT);
        expect((await stage.nthFrame(stage.far, there, 0)).length).toBeGreaterThan(0);
        await tell(stage.near, here, null);
      });

      test('are refused on a connection that is not open', async () => {
        const connectionId = brandAs<ConnectionId>('f'.repeat(32));
        await expect(tell(stage.near, connectionId, HEARTBEAT)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
      });
    });

    describe('admission', () => {
      test('closes an endpoint that is not listed with not-paired, and tells of it', async () => {
        const { connectionId } = await stage.dial({ alpn: LISTED.alpn });
        expect((await stage.closeOf(stage.near, connectionId)).close).toMatchObject({ by: 'peer', name: 'not-paired' });
        expect(await stage.until(stage.far.recorder.next('connection.refused'))).toEqual({
          localEndpointId: stage.far.bound.endpointId,
          remoteEndpointId: stage.near.bound.endpointId,
          alpn: LISTED.alpn,
          name: 'not-paired',
        });
        expect(stage.far.recorder.of('connection.accepted')).toEqual([]);
      });

      test('ends what a blocked endpoint has open and refuses and dials it no more, until it is unblocked', async () => {
        const blocked = [stage.near.bound.endpointId];
        const { endpointId } = stage.far.bound;
        await stage.until(stage.far.client.request('setAdmitted', { endpointId, admitted: blocked }));
        const open = await stage.connect({ alpn: OPEN.alpn });
        await stage.until(stage.far.client.request('setBlocked', { blocked }));
        expect((await stage.closeOf(stage.near, open.here)).close).toMatchObject({ by: 'peer', name: 'blocked' });
        expect((await stage.closeOf(stage.far, open.there)).close).toMatchObject({ by: 'here', name: 'blocked' });
        const accepted = stage.far.recorder.of('connection.accepted').length;
        const again = await stage.dial({ alpn: OPEN.alpn });
        expect((await stage.closeOf(stage.near, again.connectionId)).close).toMatchObject({ name: 'blocked' });
        const listed = await stage.dial({ alpn: LISTED.alpn });
        expect((await stage.closeOf(stage.near, listed.connectionId)).close).toMatchObject({ name: 'not-paired' });
        expect(stage.far.recorder.of('connection.accepted').length).toBe(accepted);
        const back = stage.dialInput({ from: endpointId, to: stage.near.bound.endpointId });
        await expect(stage.until(stage.far.client.request('dial', back))).rejects.toMatchObject({
          code: 'ENDPOINT_BLOCKED',
        });
        await stage.until(stage.far.client.request('setBlocked', { blocked: [] }));
        await stage.connect({ alpn: OPEN.alpn });
      });

      test('closes an endpoint that was unpaired with unpaired, until it is admitted again', async () => {
        const { endpointId } = stage.far.bound;
        const { endpointId: other } = stage.near.bound;
        const unpaired = [{ endpointId: other, pairingId: 'pairing-1' }];
        await stage.until(stage.far.client.request('setAdmitted', { endpointId, admitted: [], unpaired }));
        const { connectionId } = await stage.dial({ alpn: LISTED.alpn });
        const { close } = await stage.closeOf(stage.near, connectionId);
        expect(close).toMatchObject({ by: 'peer', name: 'unpaired', reason: 'pairing-1' });
        expect(stage.far.recorder.of('connection.accepted')).toEqual([]);
        await stage.until(stage.far.client.request('setAdmitted', { endpointId, admitted: [other], unpaired }));
        await stage.connect({ alpn: LISTED.alpn });
      });

      test('says unpaired from the first moment to whom the bind names so', async () => {
        stage.far = await stage.device(5, { unpaired: [{ endpointId: stage.near.bound.endpointId, pairingId: null }] });
        const { connectionId } = await stage.dial({ alpn: LISTED.alpn });
        expect((await stage.closeOf(stage.near, connectionId)).close).toMatchObject({ by: 'peer', name: 'unpaired' });
      });

      test('admits an endpoint once it is listed', async () => {
        const admitted = [stage.near.bound.endpointId];
        await stage.until(
          stage.far.client.request('setAdmitted', { endpointId: stage.far.bound.endpointId, admitted }),
        );
        await stage.connect({ alpn: LISTED.alpn });
      });

      test('admits from the first moment whom the bind names', async () => {
        stage.far = await stage.device(4, { admitted: [stage.near.bound.endpointId] });
        await stage.connect({ alpn: LISTED.alpn });
      });

      test('closes listed connections of an endpoint taken off the list, and no others', async () => {
        const { endpointId } = stage.far.bound;
        await stage.until(
          stage.far.client.request('setAdmitted', { endpointId, admitted: [stage.near.bound.endpointId] }),
        );
        const listed = await stage.connect({ alpn: LISTED.alpn });
        const open = await stage.connect({ alpn: OPEN.alpn });
        await stage.until(stage.far.client.request('setAdmitted', { endpointId, admitted: [] }));
        expect((await stage.closeOf(stage.far, listed.there)).close).toMatchObject({ by: 'here', name: 'unpaired' });
        expect((await stage.closeOf(stage.near, listed.here)).close).toMatchObject({ by: 'peer', name: 'unpaired' });
        await stage.send(stage.near, open.here, Uint8Array.of(1));
        await stage.nthFrame(stage.far, open.there, 0);
      });

      test('closes the connection beyond the most of its protocol with busy, until one ends', async () => {
        const open = [await stage.connect(), await stage.connect(), await stage.connect()];
        const { connectionId } = await stage.dial();
        expect((await stage.closeOf(stage.near, connectionId)).close).toMatchObject({ by: 'peer', name: 'busy' });
        const ended = open[0]?.there as ConnectionId;
        await stage.until(stage.far.client.request('close', { connectionId: ended, name: 'done', reason: '' }));
        await stage.closeOf(stage.near, open[0]?.here as ConnectionId);
        await stage.connect();
      });
    });

    describe('closing', () => {
      test('is told once on each side, with its name and reason', async () => {
        const { here, there } = await stage.connect();
        await stage.until(
          stage.near.client.request('close', { connectionId: here, name: 'rejected', reason: 'not (code 1) today' }),
        );
        const close = { code: CLOSE_CODES.rejected, name: 'rejected', reason: 'not (code 1) today' };
        expect((await stage.closeOf(stage.near, here)).close).toEqual({ by: 'here', ...close });
        expect((await stage.closeOf(stage.far, there)).close).toEqual({ by: 'peer', ...close });
        await stage.until(stage.near.client.request('close', { connectionId: here, name: 'done', reason: '' }));
        await stage.connect();
        expect(stage.near.recorder.of('connection.closed')).toHaveLength(1);
        expect(stage.far.recorder.of('connection.closed')).toHaveLength(1);
      });

      test('leaves nothing to send on or to look at', async () => {
        const { here } = await stage.connect();
        await stage.until(stage.near.client.request('close', { connectionId: here, name: 'done', reason: '' }));
        const requests: (() => Promise<unknown>)[] = [
          () => stage.near.client.request('send', { connectionId: here, frame: Uint8Array.of(1) }),
          () => stage.near.client.request('inspect', { connectionId: here }),
          () => stage.near.client.request('allowFrames', { connectionId: here, maxFrameBytes: 10 }),
        ];
        for (const request of requests) {
          await expect(stage.until(request())).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
        }
      });

      test('ignores a connection it does not know', async () => {
        const unknown = brandAs<ConnectionId>('f'.repeat(32));
        await stage.until(stage.near.client.request('close', { connectionId: unknown, name: 'done', reason: '' }));
      });
    });

    endpointStreamConformance(() => stage);

    test('asking for anyone unknown is answered with the right refusal', async () => {
      const from = endpointIdOf(new Uint8Array(32).fill(8));
      await expect(stage.dial({ from })).rejects.toMatchObject({ code: 'ENDPOINT_NOT_BOUND' });
    });
  });
};
