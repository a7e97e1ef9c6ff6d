import { describe, expect, it } from 'vitest';
import { killWorker, loopbackDevice, nextEvent, pairHosts } from './loopback-device.ts';

describe('a scheduler in a process of its own that is killed', () => {
  it('knows its devices again, and has them dialled when their links are lost', async () => {
    const placement = { 'reconnection-scheduler': 'process' } as const;
    const laptop = await loopbackDevice('laptop', { placement }).open();
    const phone = await loopbackDevice('phone', { placement }).open();
    await pairHosts(laptop, phone);
    await Promise.all([laptop, phone].map((host) => killWorker(host, 'reconnection-scheduler')));
    const connected = Promise.all([laptop, phone].map((host) => nextEvent(host, 'device.connected')));
    await killWorker(laptop, 'endpoint');
    expect(await connected).toMatchObject([{ name: 'phone' }, { name: 'laptop' }]);
  });
});
