import { BowlineError, type IdleHeartbeat } from '@bowline/contracts';
import { decodeLinkFrame } from '@bowline/link-protocol';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { scriptedWorld } from './scripted-peer.ts';
import { type Device, statusOf, twoLinkedDevices } from './two-devices.ts';

/** Kinds of the frames that links are told of from now on. */
const toldFrames = ({ endpoint }: Device): string[] => {
  const kinds: string[] = [];
  endpoint.on('frame.received', ({ frame }) => kinds.push(decodeLinkFrame(frame).kind));
  return kinds;
};

const HEARTBEAT: IdleHeartbeat = {
  hasDialled: true,
  isOwnTurn: false,
  rttMs: 1,
  intervalMs: 1_250,
  silenceMs: 1_200,
  maxSilenceMs: 6_000,
  forMs: 600_000,
};

describe('an idle link', () => {
  it('leaves its heartbeat to the endpoint', async () => {
    const { low, high, clock } = await twoLinkedDevices();
    await clock.advance(1_000);
    const told = [toldFrames(low), toldFrames(high)];
    await clock.advance(60_000);
    expect(told).toEqual([[], []]);
    expect(low.events()).toEqual(['link.up']);
    expect(await statusOf(low, high)).toMatchObject({ state: 'connected', rttMs: expect.any(Number) });
  });

  it('has it back for a message, and leaves it again when it is idle', async () => {
    const { low, high, clock } = await twoLinkedDevices();
    await clock.advance(5_000);
    const told = toldFrames(high);
    await low.send(high, 'hello');
    await clock.advance(5_000);
    expect(high.journal).toEqual(['hello']);
    expect(told.filter((kind) => kind === 'ping').length).toBeGreaterThanOrEqual(9);
    await clock.advance(10_000);
    told.length = 0;
    await clock.advance(15_000);
    expect(told.filter((kind) => kind === 'ping').length).toBeLessThanOrEqual(2);
  });

  it('shows the round trip that the endpoint has measured', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    await clock.advance(5_000);
    network.setDelay(low.endpointId, high.endpointId, 150);
    await clock.advance(15_000);
    const { rttMs } = await statusOf(low, high);
    expect(rttMs).toBeGreaterThan(100);
  });

  it.each([
    ['looks at the status', (under: Device) => under.harness.client.request('status', { heardWithinMs: 1_000 })],
    ['sends', (under: Device, to: Device) => under.send(to, 'are you there?')],
  ])('is down in time once somebody %s, where the other device hangs and its endpoint does not', async (_, act) => {
    const { clock, under, peer } = await scriptedWorld();
    const connection = await peer.link();
    const hang = connection.onFrame((bytes) => {
      const frame = decodeLinkFrame(bytes);
      if (frame.kind === 'ping') void peer.say(connection, { kind: 'pong', nonce: frame.nonce });
    });
    await clock.advance(100);
    await connection.startIdleHeartbeat(HEARTBEAT, { onUnanswered: () => undefined, onRoundTrip: () => undefined });
    hang();
    await clock.advance(10_000);
    act(under, { deviceId: peer.deviceId } as Device).catch(() => undefined);
    await clock.advance(1_100);
    expect(under.events()).toEqual(['link.up']);
    await clock.advance(200);
    expect(under.events()).toEqual(['link.up', 'link.down notResponding']);
  });

  it('is not spoken for by the endpoint of links that hang', async () => {
    const { low, high, clock } = await twoLinkedDevices();
    await clock.advance(1_000);
    // Nobody of low does anything any more, and its endpoint is left with what it was told last.
    Object.assign(low.endpoint, { request: () => new Promise(() => undefined) });
    await clock.advance(40_000);
    expect(high.events().at(-1)).toBe('link.down notResponding');
  });

  it('keeps its heartbeat where the endpoint takes none', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    let asked = 0;
    const refuse = ({ heartbeat }: { readonly heartbeat: IdleHeartbeat | null }): never => {
      if (heartbeat !== null) asked += 1;
      throw new BowlineError({ code: 'UNKNOWN_REQUEST', message: 'No such request.' });
    };
    for (const { endpoint } of [low, high]) Object.assign(endpoint.handlers, { setIdleHeartbeat: refuse });
    await low.send(high, 'so that it has to be left anew');
    await clock.advance(60_000);
    expect(low.events()).toEqual(['link.up']);
    expect(asked).toBeLessThanOrEqual(8);
    network.block(low.endpointId, high.endpointId);
    await clock.advance(3_000);
    expect(low.events()).toEqual(['link.up', 'link.down notResponding']);
  });

  it('is down in time where its own endpoint answers nothing', async () => {
    const { low, clock } = await twoLinkedDevices();
    await clock.advance(1_000);
    const late = (): Promise<never> =>
      new Promise((_resolve, reject) => void clock.setTimer(5_000, () => reject(new Error('no answer in time'))));
    Object.assign(low.endpoint, { request: late });
    await clock.advance(18_000);
    expect(low.events()).toEqual(['link.up']);
    await clock.advance(9_000);
    expect(low.events()).toEqual(['link.up', 'link.down notResponding']);
  });

  it('asks on when it was taken back while the endpoint found it silent', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    await clock.advance(5_000);
    network.block(low.endpointId, high.endpointId);
    await clock.advance(1_000);
    void low.send(high, 'into the void').catch(() => undefined);
    await settle();
    await clock.advance(1_400);
    expect(low.events()).toEqual(['link.up', 'link.down notResponding']);
  });
});
