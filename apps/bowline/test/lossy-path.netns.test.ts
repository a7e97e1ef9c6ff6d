import { buildTopology, describeInLab } from '@bowline/testing/network-lab';
import { expect, it } from 'vitest';
import { conversationWith, pairedOn, relayOn, untilTestEnds } from './lab-devices.ts';

/** More than the packets of which a share is told; each ping and its answer are one at least. */
const PINGS = 250;

describeInLab('a direct path that loses packets', () => {
  it('is said to by both devices, with its share in each direction', async () => {
    const { laptop, phone, relay } = await buildTopology({
      kind: 'homes',
      homes: [{ hosts: ['laptop'], leg: { delayMs: 1, lossRatio: 0.1 } }, { hosts: ['phone'] }],
      internet: ['relay'],
    }).then(untilTestEnds);
    const { url } = await relayOn(relay);
    const [device, other] = await pairedOn([laptop, phone], ['--relay', url]);
    await device.statusWhere(({ peers }) => peers.some(({ path }) => path === 'direct'));
    const daemon = await conversationWith(device);
    for (let count = 0; count < PINGS; count += 1) await daemon.request('ping', { device: 'phone' });
    const both = [
      [daemon, 'phone'],
      [await conversationWith(other), 'laptop'],
    ] as const;
    for (const [asked, name] of both) {
      // What the other one counts it tells a few seconds later.
      await expect
        .poll(async () => (await asked.request('explain', { device: name })).also, { timeout: 30_000, interval: 500 })
        .toContainEqual({
          cause: 'slow-loss',
          certainty: expect.any(String),
          sentence: expect.stringMatching(
            new RegExp(`both ways \\(\\d+ % from this device to ${name}, \\d+ % from ${name} to this device\\)`),
          ),
          side: 'between',
        });
    }
  });
});
