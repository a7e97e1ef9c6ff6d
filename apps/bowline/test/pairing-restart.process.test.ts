import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { offerCode, testDevice, testRelay } from './two-devices.ts';

describe('a code', () => {
  it('does not survive the daemon that showed it, and leaves nothing behind', async () => {
    const { url } = await testRelay();
    const [laptop, phone] = [testDevice('laptop', ['--relay', url]), testDevice('phone', ['--relay', url])];
    await Promise.all([laptop.up(), phone.up()]);
    const offer = await offerCode(laptop);
    const ended = once(laptop.daemon().process, 'exit');
    laptop.daemon().process.kill('SIGKILL');
    await ended;
    await laptop.up();

    const { exitCode, lines } = await phone.run('join', offer.words);
    expect(exitCode).not.toBe(0);
    expect(JSON.stringify(lines)).toContain('rendezvous');
    for (const device of [laptop, phone]) expect((await device.status()).peers).toEqual([]);
    // A new one works at once.
    const next = await offerCode(laptop);
    expect((await phone.run('join', next.words)).exitCode).toBe(0);
  });
});
