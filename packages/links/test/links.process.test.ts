import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RealDevice, realDevice, restarted } from './real-device.ts';

/** Other tests may hold these processes up for longer than the default bears. */
const PATIENT = { silenceMs: 3_000 };

let one: RealDevice;
let other: RealDevice;

beforeAll(async () => {
  [one, other] = await Promise.all([realDevice('one', 1, 2, PATIENT), realDevice('other', 2, 1, PATIENT)]);
});
afterAll(async () => {
  await Promise.all([one.stop(), other.stop()]);
});

const linked = async ({ harness }: RealDevice): Promise<boolean> => {
  const { links } = await harness.client.request('status', {});
  return links[0]?.state === 'connected';
};
const countOf = ({ harness }: RealDevice, event: 'link.up' | 'link.down'): number => harness.toldOf(event).length;

/** Both sides down, in order. */
const part = async (): Promise<void> => {
  if (!(await linked(one)) && !(await linked(other))) return;
  const downs = [one, other].map((device) => device.told('link.down', countOf(device, 'link.up')));
  await one.harness.client.request('sayGoodbye', {});
  await Promise.all(downs);
  await present(one);
};
const present = async ({ harness, endpointId, bound }: RealDevice): Promise<void> => {
  const relayInfo = { homeRelayUrl: null, relayUrls: [], revision: 0, incarnation: 1 };
  const { directAddresses } = bound();
  await harness.client.request('presentSelf', {
    endpointId,
    incarnation: 1,
    name: 'again',
    relayInfo,
    directAddresses,
  });
};

describe('links over real endpoints', () => {
  beforeEach(part);

  it('link, message, ping and part', async () => {
    await one.connect(other);
    await one.send(other, 'there');
    await other.send(one, 'and back');
    expect(other.journal).toContain('there');
    expect(one.journal).toContain('and back');
    const ping = await one.harness.client.request('ping', { deviceId: other.deviceId });
    // Other tests run beside; what is no round trip but a time of day, or none, is far from this.
    expect(ping.rttMs).toBeGreaterThan(0);
    expect(ping.rttMs).toBeLessThan(5_000);
    expect(ping.path?.kind).toBe('direct');
    expect(other.harness.toldOf('link.up')[0]?.observedAddress).toMatch(/^(127\.0\.0\.1|\[::1\]):\d+$/);
    await part();
    expect(other.harness.toldOf('link.down').at(-1)).toMatchObject({ reason: 'goodbye' });
  });

  it('carry the largest messages', async () => {
    await one.connect(other);
    const texts = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => letter.repeat(262_144));
    await Promise.all(texts.map((text) => one.send(other, text)));
    expect(other.journal.slice(-texts.length)).toEqual(texts);
  });

  it('stay one when both dial at once, 40 times', async () => {
    for (let round = 0; round < 40; round += 1) {
      await part();
      const before = { one: countOf(one, 'link.up'), other: countOf(other, 'link.up') };
      const messages = Promise.all([one.send(other, `one ${round}`), other.send(one, `other ${round}`)]);
      await Promise.all([one.connect(other), other.connect(one), messages]);
      expect(countOf(one, 'link.up')).toBe(before.one + 1);
      expect(countOf(other, 'link.up')).toBe(before.other + 1);
      expect(other.journal.at(-1)).toBe(`one ${round}`);
      expect(one.journal.at(-1)).toBe(`other ${round}`);
    }
  });

  it('come back with nothing lost after the endpoint process was killed', async () => {
    await one.connect(other);
    await one.send(other, 'before');
    const oneDown = one.told('link.down', countOf(one, 'link.up'));
    const isBack = restarted(one);
    process.kill(one.pid(), 'SIGKILL');
    const waiting = one.send(other, 'while down');
    await oneDown;
    expect(one.harness.toldOf('link.down').at(-1)?.reason).toMatch(/endpointLost|notResponding/);
    await isBack;
    await one.connect(other);
    await waiting;
    expect(other.journal.slice(-2)).toEqual(['before', 'while down']);
    expect(await linked(other)).toBe(true);
    expect(countOf(other, 'link.up') - countOf(other, 'link.down')).toBe(1);
  });

  it('notice a peer that is frozen within the bound, and take its new dial when it is back', async () => {
    await one.connect(other);
    await one.send(other, 'in use');
    const startedAtMs = performance.now();
    process.kill(other.pid(), 'SIGSTOP');
    try {
      await one.told('link.down', countOf(one, 'link.up'));
    } finally {
      process.kill(other.pid(), 'SIGCONT');
    }
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
    expect(one.harness.toldOf('link.down').at(-1)).toMatchObject({ reason: 'notResponding' });
    await other.told('link.down', countOf(other, 'link.up'));
    await other.connect(one);
    await other.send(one, 'back again');
    expect(one.journal.at(-1)).toBe('back again');
  });
});
