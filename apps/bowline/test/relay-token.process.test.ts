import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatTicket, parseCode, type Ticket } from '@bowline/pairing-code';
import { describe, expect, it } from 'vitest';
import {
  followEvents,
  isConnected,
  offerCode,
  type TestDevice,
  temporaryFolder,
  testDevice,
  testRelay,
} from './two-devices.ts';

/** A relay that admits whoever shows one token. */
const relayWithToken = async (token: string): Promise<string> => {
  const tokens = join(temporaryFolder(), 'tokens');
  writeFileSync(tokens, `${token}\n`);
  return (await testRelay(0, ['--token-file', tokens])).url;
};

/** Each on a relay of its own whose token the other does not have; nothing else is shared. */
const twoNetworks = async () => {
  const [laptopRelay, phoneRelay] = await Promise.all([
    relayWithToken('of-the-laptop'),
    relayWithToken('of-the-phone'),
  ]);
  const device = (name: string, relay: string, token: string) =>
    testDevice(name, ['--relay', relay, '--no-mdns', '--bind', '127.0.0.1'], temporaryFolder(), [
      'env',
      `BOWLINE_RELAY_TOKEN=${token}`,
    ]);
  const laptop = device('laptop', laptopRelay, 'of-the-laptop');
  const phone = device('phone', phoneRelay, 'of-the-phone');
  const up = async () => {
    await Promise.all([laptop.up(), phone.up()]);
    for (const each of [laptop, phone]) {
      await each.statusWhere(({ relays }) =>
        relays.some(({ role, state }) => role === 'home' && state === 'connected'),
      );
    }
  };
  await up();
  return { laptop, phone, laptopRelay, up };
};

const ticketIn = (text: string): Ticket => {
  const parsed = parseCode(text);
  if (parsed.kind !== 'ticket') throw new Error('the code is no ticket');
  return parsed.ticket;
};

/** The ticket as it would be on another network, where the addresses of this machine lead nowhere. */
const withoutAddresses = (text: string, change: Partial<Ticket> = {}): string =>
  formatTicket({ ...ticketIn(text), directAddresses: [], ...change }, { includeTokens: true });

const relayOf = async (device: TestDevice, url: string) =>
  (await device.status()).relays.find((relay) => relay.url === url);

describe('a device whose own relay wants a token', () => {
  it('shares it by ticket when asked to: the other joins through that relay, and is back through it after both restart', async () => {
    const { laptop, phone, laptopRelay, up } = await twoNetworks();
    const offer = await offerCode(laptop, '--share-relay-token');
    expect(offer.sharedTokenUrls).toEqual([laptopRelay]);
    const { lines, exitCode } = await phone.run('join', withoutAddresses(offer.ticket));
    expect(lines.at(-1)).toMatchObject({ event: 'paired', via: 'ticket' });
    expect(exitCode).toBe(0);
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));

    await Promise.all([laptop.daemon().end(), phone.daemon().end()]);
    await up();
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));
    // The laptop cannot log in at the phone's relay, and both have new ports: only the laptop's relay leads there.
    expect(await relayOf(phone, laptopRelay)).toMatchObject({ role: 'peer', state: 'connected' });
    const events = followEvents(phone);
    const { lines: sent } = await laptop.run('send', 'phone', 'after both restarted');
    expect(sent).toMatchObject([{ delivered: true }]);
    await events.end();
  });

  it('keeps it to itself otherwise, and the other is told what its ticket lacks', async () => {
    const { laptop, phone, laptopRelay } = await twoNetworks();
    const offer = await offerCode(laptop);
    expect(offer.sharedTokenUrls).toEqual([]);
    expect(ticketIn(offer.ticket).relays).toEqual([{ url: laptopRelay, token: null }]);
    const { lines, exitCode } = await phone.run('join', withoutAddresses(offer.ticket));
    expect(exitCode).toBe(3);
    expect(lines.at(-1)).toMatchObject({ event: 'failed', code: 'NOBODY_FOUND' });
    const { reason, attempts } = lines.at(-1) as { reason: string; attempts: { via: string; reason: string }[] };
    expect(reason).toContain('--share-relay-token');
    expect(attempts.find(({ via }) => via === 'ticket')?.reason).toContain(
      `${new URL(laptopRelay).host} refused this device: it wants a token and the ticket holds none`,
    );
  });

  it('tells a token that was changed since from one that was not shared', async () => {
    const { laptop, phone, laptopRelay } = await twoNetworks();
    const offer = await offerCode(laptop, '--share-relay-token');
    const [relay] = ticketIn(offer.ticket).relays;
    if (relay === undefined) throw new Error('the ticket names no relay');
    const stale = withoutAddresses(offer.ticket, { relays: [{ ...relay, token: 'of-last-year' }] });
    const { lines } = await phone.run('join', stale);
    const { attempts } = lines.at(-1) as { attempts: { via: string; reason: string }[] };
    expect(attempts.find(({ via }) => via === 'ticket')?.reason).toContain(
      `${new URL(laptopRelay).host} refused this device: it does not take the token of the ticket`,
    );
  });
});
