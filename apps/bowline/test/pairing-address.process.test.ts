import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { freePort } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { isConnected, offerCode, testDevice } from './two-devices.ts';

/** Nothing but an address can bring two such devices together. */
const ALONE = ['--relay', 'disabled', '--no-mdns'];

describe('a device without multicast and relays', () => {
  it('is joined by words and an address, by name, and found again at its port after both have restarted', async () => {
    const [own, shown] = [await freePort('udp'), await freePort('udp')];
    const [nas, laptop] = [testDevice('nas', [...ALONE, '--port', String(own)]), testDevice('laptop', ALONE)];
    await Promise.all([nas.up(), laptop.up()]);
    const offer = await offerCode(nas, '--at', `localhost:${shown}`);
    expect(offer.at).toEqual({ host: 'localhost', port: shown });
    const joined = await laptop.run('join', offer.words, '--at', `localhost:${shown}`);
    expect(joined.lines.at(-1)).toMatchObject({
      event: 'paired',
      device: { name: 'nas' },
      via: 'address',
      path: 'direct',
    });
    await offer.ended();
    await laptop.statusWhere(isConnected);

    await Promise.all([nas.daemon().end(), laptop.daemon().end()]);
    await Promise.all([nas.up(), laptop.up()]);
    await laptop.statusWhere(isConnected);

    // The port is free for the next code, although the last one was used a moment ago.
    expect((await offerCode(nas, '--at', String(shown))).at).toEqual({ host: null, port: shown });
  });

  it('says what it asked where nobody answers, and which port is taken', async () => {
    const taken = createSocket('udp4').bind(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address();
    const laptop = testDevice('laptop', ALONE);
    await laptop.up();
    const words = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
    const { lines, exitCode } = await laptop.run('join', words, '--at', `127.0.0.1:${port}`);
    expect(exitCode).toBe(3);
    expect(lines.at(-1)?.attempts).toContainEqual({
      via: 'address',
      reason: expect.stringMatching(`^no answer in 12 s at 127.0.0.1:${port}`),
    });
    const refused = await laptop.run('pair', '--at', String(port));
    expect(refused.exitCode).toBe(1);
    expect(JSON.stringify(refused.lines)).toContain('RENDEZVOUS_PORT_TAKEN');
    taken.close();
  });
});
