import { describeInLab, noDirectPath, oneLan, twoHomes } from '@bowline/testing/network-lab';
import { expect, it } from 'vitest';
import { conversationWith, deviceOn, relayOn, untilTestEnds } from './lab-devices.ts';
import { isConnected, pairDevices } from './two-devices.ts';

/** Longest time from `join` to `paired`; a wait for a relay that does not answer would take longer. */
const NO_WAIT_MS = 3_000;

describeInLab('words on one LAN without a way out', () => {
  it.each([
    ['with relays disabled', 'disabled'],
    ['with a relay that cannot be reached', 'http://198.51.100.1:3340'],
  ])('pair by mDNS, %s', async (_how, relay) => {
    const options = ['--relay', relay];
    const pairedAfterMs = async (): Promise<number> => {
      const hosts = await oneLan(['laptop', 'phone']).then(untilTestEnds);
      const [laptop, phone] = [deviceOn(hosts.laptop, options), deviceOn(hosts.phone, options)];
      await Promise.all([laptop.up(), phone.up()]);
      const joined = await pairDevices(laptop, phone);
      expect(joined).toMatchObject({ event: 'paired', device: { name: 'laptop' }, via: 'mdns', path: 'direct' });
      await Promise.all([laptop.statusWhere(isConnected), phone.statusWhere(isConnected)]);
      return Number(joined.elapsedMs);
    };
    let shortestMs = await pairedAfterMs();
    // Others may have held it up; who waits for a relay does so each time.
    for (let tries = 0; tries < 2 && shortestMs >= NO_WAIT_MS; tries += 1) {
      shortestMs = Math.min(shortestMs, await pairedAfterMs());
    }
    expect(shortestMs).toBeLessThan(NO_WAIT_MS);
  });
});

describeInLab('words between two homes', () => {
  it('pair through a relay, where mDNS reaches nobody', async () => {
    const hosts = await twoHomes({ homes: [['laptop'], ['phone']], internet: ['relay'] }).then(untilTestEnds);
    const { url } = await relayOn(hosts.relay);
    const [laptop, phone] = [deviceOn(hosts.laptop, ['--relay', url]), deviceOn(hosts.phone, ['--relay', url])];
    await Promise.all([laptop.up(), phone.up()]);
    expect(await pairDevices(laptop, phone)).toMatchObject({ event: 'paired', via: 'rendezvous' });
    const { peers } = await phone.statusWhere(isConnected);
    expect(peers).toMatchObject([{ name: 'laptop' }]);
  });

  it('pair and stay on the relay where no UDP gets through', async () => {
    const hosts = await noDirectPath({ homes: [['laptop'], ['phone']], internet: ['relay'] }).then(untilTestEnds);
    const { url } = await relayOn(hosts.relay);
    const [laptop, phone] = [deviceOn(hosts.laptop, ['--relay', url]), deviceOn(hosts.phone, ['--relay', url])];
    await Promise.all([laptop.up(), phone.up()]);
    expect(await pairDevices(laptop, phone)).toMatchObject({ event: 'paired', via: 'rendezvous', path: 'relay' });
    await phone.statusWhere(isConnected);
    const channel = await conversationWith(phone);
    for (let count = 0; count < 20; count += 1) {
      expect(await channel.request('ping', { device: 'laptop' })).toMatchObject({ path: { kind: 'relay' } });
    }
    const { lines } = await laptop.run('send', 'phone', 'through the relay');
    expect(lines).toMatchObject([{ delivered: true }]);
  });
});
