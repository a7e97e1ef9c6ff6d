import type { HostStatus } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { isConnected, offerCode, pairDevices, testDevice, testRelay } from './two-devices.ts';

const LAN_ONLY = ['--relay', 'disabled'];

/** A code that nobody shows. */
const UNKNOWN_WORDS = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';

describe('pairing with twelve words', () => {
  it('works through a relay with mDNS off', async () => {
    const relay = await testRelay();
    const options = ['--relay', relay.url, '--no-mdns'];
    const [laptop, phone] = [testDevice('laptop', options), testDevice('phone', options)];
    const [ready] = await Promise.all([laptop.up(), phone.up()]);
    expect(ready).toMatchObject({ event: 'ready', device: { name: 'laptop' }, pid: laptop.daemon().process.pid });

    const joined = await pairDevices(laptop, phone);
    expect(joined).toMatchObject({ event: 'paired', device: { name: 'laptop' }, via: 'rendezvous' });
    // Which path is taken may be known a moment later than that there is one.
    await phone.statusWhere(({ peers }) => peers.some(({ path }) => path !== null));
    const { lines } = await phone.run('status');
    expect(lines).toMatchObject([
      {
        device: { name: 'phone' },
        relays: [{ url: relay.url, state: 'connected', rttMs: expect.any(Number) }],
        peers: [{ name: 'laptop', state: 'connected', path: expect.any(String), sinceAtMs: expect.any(Number) }],
        workers: expect.arrayContaining([
          {
            name: 'endpoint',
            pid: expect.any(Number),
            placement: 'process',
            state: 'started',
            restarts: 0,
            failure: null,
          },
        ]),
      },
    ]);
  });

  it('works by mDNS with relays disabled', async () => {
    const [laptop, phone] = [testDevice('laptop', LAN_ONLY), testDevice('phone', LAN_ONLY)];
    await Promise.all([laptop.up(), phone.up()]);
    const joined = await pairDevices(laptop, phone);
    expect(joined).toMatchObject({ event: 'paired', via: 'mdns', path: 'direct' });
    const { relays } = await phone.statusWhere(isConnected);
    expect(relays).toEqual([]);
  });

  it('takes the direct path where mDNS and a relay both lead to the other device', async () => {
    const relay = await testRelay();
    const options = ['--relay', relay.url];
    const [laptop, phone] = [testDevice('laptop', options), testDevice('phone', options)];
    await Promise.all([laptop.up(), phone.up()]);
    const joined = await pairDevices(laptop, phone);
    expect(joined).toMatchObject({ event: 'paired', device: { name: 'laptop' } });
    const isDirect = ({ peers }: HostStatus): boolean => peers.some(({ path }) => path === 'direct');
    const { peers } = await phone.statusWhere(isDirect);
    expect(peers).toHaveLength(1);
    expect((await laptop.statusWhere(isDirect)).peers).toHaveLength(1);
  });

  it('shows a join its own end alone, while others have ended and are under way', async () => {
    const [laptop, tablet, phone] = [
      testDevice('laptop', LAN_ONLY),
      testDevice('tablet', LAN_ONLY),
      testDevice('phone', LAN_ONLY),
    ];
    await Promise.all([laptop.up(), tablet.up(), phone.up()]);
    await pairDevices(laptop, phone);
    const lost = phone.run('join', UNKNOWN_WORDS);
    const offer = await offerCode(tablet);
    const found = await phone.run('join', offer.words);
    // Words in the arguments of a process are everybody's to read, which the command says first.
    expect(found.lines).toMatchObject([
      { event: 'codeExposed', message: expect.stringContaining('bowline join -') },
      { event: 'proven', peer: { name: 'tablet' } },
      { event: 'paired', device: { name: 'tablet' } },
    ]);
    expect(found.exitCode).toBe(0);
    expect(await lost).toMatchObject({
      lines: [{ event: 'codeExposed' }, { event: 'failed', code: 'NOBODY_FOUND' }],
      exitCode: 3,
    });
  });

  it('works with a ticket when neither mDNS nor a relay helps', async () => {
    const options = [...LAN_ONLY, '--no-mdns'];
    const [laptop, phone] = [testDevice('laptop', options), testDevice('phone', options)];
    await Promise.all([laptop.up(), phone.up()]);
    const offer = await offerCode(laptop);
    const { lines, exitCode } = await phone.run('join', offer.ticket);
    expect(exitCode).toBe(0);
    expect(lines.at(-1)).toMatchObject({ event: 'paired', via: 'ticket', path: 'direct' });
  });

  it('needs no running daemon on the joining side', async () => {
    const laptop = testDevice('laptop', LAN_ONLY);
    await laptop.up();
    const phone = testDevice('phone', LAN_ONLY);
    const offer = await offerCode(laptop);
    const { lines, exitCode } = await phone.run('join', ...offer.words.split(' '));
    expect(exitCode).toBe(0);
    expect(lines.at(-1)).toMatchObject({ event: 'paired', device: { name: 'laptop' } });
    const { lines: listed } = await phone.run('devices');
    expect(listed).toMatchObject([{ devices: [{ name: 'laptop' }] }]);
  });
});

describe('pairing that fails', () => {
  const devicesOf = async (device: ReturnType<typeof testDevice>) => (await device.run('devices')).lines[0]?.devices;

  it('names a wrong word, with the nearest ones, without looking for anybody', async () => {
    const phone = testDevice('phone', LAN_ONLY);
    await phone.up();
    const words = 'abandon abandon abandon abandon abandon abandn abandon abandon abandon abandon abandon about';
    const { lines, exitCode } = await phone.run('join', words);
    expect(exitCode).toBe(2);
    expect(lines).toMatchObject([
      { event: 'codeExposed' },
      { event: 'failed', code: 'PAIRING_CODE_INVALID', attempts: [] },
    ]);
    expect(lines[1]?.reason).toMatch(/abandon/);
    expect(await devicesOf(phone)).toEqual([]);
  });

  it('says who was asked when nobody is there', async () => {
    const relay = await testRelay();
    const phone = testDevice('phone', ['--relay', relay.url]);
    await phone.up();
    const { lines, exitCode } = await phone.run('join', UNKNOWN_WORDS);
    expect(exitCode).toBe(3);
    expect(lines.at(-1)).toMatchObject({ event: 'failed', code: 'NOBODY_FOUND' });
    const attempts = lines.at(-1)?.attempts as { via: string; reason: string }[];
    const { host } = new URL(relay.url);
    expect(attempts).toEqual([
      { via: 'mdns', reason: expect.stringMatching(/^no answer in 12 s on lo\b/) },
      { via: 'ticket', reason: 'not given' },
      { via: 'address', reason: 'not given' },
      {
        via: 'rendezvous',
        reason: expect.stringMatching(`^nobody there in 12 s on relay ${host}; ${host} is connected`),
      },
    ]);
    expect(await devicesOf(phone)).toEqual([]);
  });

  it('says which relay cannot be reached, why, and what to look at', async () => {
    const phone = testDevice('phone', ['--relay', 'http://127.0.0.1:1', '--no-mdns']);
    await phone.up();
    const { lines, exitCode } = await phone.run('join', UNKNOWN_WORDS);
    expect(exitCode).toBe(3);
    expect(lines.at(-1)?.attempts).toEqual([
      { via: 'mdns', reason: expect.stringContaining('off') },
      { via: 'ticket', reason: 'not given' },
      { via: 'address', reason: 'not given' },
      { via: 'rendezvous', reason: expect.stringContaining('127.0.0.1:1 is down: nothing listens there') },
    ]);
    expect(lines.at(-1)?.reason).toMatch(/reaches none of its relays.*bowline relay status/);
  });

  it('tells a code that was used from one that nobody has', async () => {
    const [laptop, phone, tablet] = [
      testDevice('laptop', LAN_ONLY),
      testDevice('phone', LAN_ONLY),
      testDevice('tablet', LAN_ONLY),
    ];
    await Promise.all([laptop.up(), phone.up(), tablet.up()]);
    const offer = await offerCode(laptop);
    await phone.run('join', offer.words);
    await offer.ended();
    const { lines, exitCode } = await tablet.run('join', offer.words);
    expect(lines.at(-1)).toMatchObject({ event: 'failed', code: 'CODE_USED' });
    expect(exitCode).toBe(4);
    expect(await devicesOf(tablet)).toEqual([]);
    expect(await devicesOf(laptop)).toMatchObject([{ name: 'phone' }]);
  });

  it('tells the same through nothing but a relay', async () => {
    const relay = await testRelay();
    const options = ['--relay', relay.url, '--no-mdns'];
    const [laptop, phone, tablet] = [
      testDevice('laptop', options),
      testDevice('phone', options),
      testDevice('tablet', options),
    ];
    await Promise.all([laptop.up(), phone.up(), tablet.up()]);
    const offer = await offerCode(laptop);
    await phone.run('join', offer.words);
    await offer.ended();
    const { lines, exitCode } = await tablet.run('join', offer.words);
    expect(lines.at(-1)).toMatchObject({ event: 'failed', code: 'CODE_USED' });
    expect(exitCode).toBe(4);
  });

  it('tells a code that expired, by the clock of the device that made it', async () => {
    const [laptop, phone] = [testDevice('laptop', LAN_ONLY), testDevice('phone', LAN_ONLY)];
    await Promise.all([laptop.up(), phone.up()]);
    const offer = await offerCode(laptop, '--ttl', '1');
    expect(await offer.ended()).toMatchObject({ event: 'failed', code: 'CODE_EXPIRED' });
    expect(await offer.command.exitCode()).toBe(5);
    for (const code of [offer.words, offer.ticket]) {
      const { lines, exitCode } = await phone.run('join', code);
      expect(lines.at(-1)).toMatchObject({ event: 'failed', code: 'CODE_EXPIRED' });
      expect(exitCode).toBe(5);
    }
    expect(await devicesOf(phone)).toEqual([]);
    expect(await devicesOf(laptop)).toEqual([]);
  });

  it('ends with the command that waits: a code whose command is gone pairs nobody', async () => {
    const [laptop, phone] = [testDevice('laptop', LAN_ONLY), testDevice('phone', LAN_ONLY)];
    await Promise.all([laptop.up(), phone.up()]);
    const offer = await offerCode(laptop);
    await offer.command.end();
    const { lines } = await phone.run('join', offer.ticket);
    expect(lines.at(-1)).toMatchObject({ event: 'failed' });
    expect(await devicesOf(laptop)).toEqual([]);
  });
});
