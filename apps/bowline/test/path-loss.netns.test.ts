import type { HostStatus } from '@bowline/contracts';
import { describeInLab, oneLan } from '@bowline/testing/network-lab';
import { expect, it } from 'vitest';
import { conversationWith, pairedOn, relayOn, untilTestEnds } from './lab-devices.ts';

/**
 * Longest time until a message gets through once the direct path swallows everything: below 2.5 s on a machine with nothing else to
 * do; QUIC alone takes 15 s.
 */
const USABLE_AGAIN_MS = 10_000;

const isDirect = ({ peers }: HostStatus): boolean => peers.some(({ path }) => path === 'direct');
const isRelayed = ({ peers }: HostStatus): boolean => peers.some(({ path }) => path === 'relay');

describeInLab('a direct path that swallows everything from one moment on', () => {
  it('holds messages up for a moment, until they go through the relay', async () => {
    const { room, laptop, phone, relay } = await oneLan(['laptop', 'phone', 'relay']).then(untilTestEnds);
    const { url } = await relayOn(relay);
    const devices = await pairedOn([laptop, phone], ['--relay', url]);
    await Promise.all(devices.map((device) => device.statusWhere(isDirect)));
    const [atLaptop, atPhone] = [await conversationWith(devices[0]), await conversationWith(devices[1])];
    const received: (string | null)[] = [];
    atPhone.on('told', (event) => {
      if (event.event === 'message.received') received.push(event.text);
    });
    await atLaptop.request('send', { device: 'phone', text: 'before' });

    await room.blockUdp();
    const { elapsedMs } = await atLaptop.request('send', { device: 'phone', text: 'behind the block' });
    console.info(`direct path blocked: a message took ${elapsedMs.toFixed(0)} ms`);
    expect(elapsedMs).toBeLessThanOrEqual(USABLE_AGAIN_MS);
    await Promise.all(devices.map((device) => device.statusWhere(isRelayed)));
    const after = await atLaptop.request('send', { device: 'phone', text: 'after' });
    expect(after.elapsedMs).toBeLessThan(elapsedMs);
    // A message is acknowledged to its sender, and told there on a conversation of its own.
    await expect.poll(() => received).toEqual(['before', 'behind the block', 'after']);
  });
});
