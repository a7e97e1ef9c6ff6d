import { appendFileSync } from 'node:fs';
import type { DeviceDiagnosis } from '@bowline/contracts';
import { describeInLab, type LabHost, oneLan, twoHomes } from '@bowline/testing/network-lab';
import { expect, it, vi } from 'vitest';
import { conversationWith, deviceOn, pairedOn, relayOn, untilTestEnds } from './lab-devices.ts';
import type { FaultRun } from './support/fault-table.ts';
import { isConnected, pairDevices, type TestDevice } from './two-devices.ts';

/** Several faults are made one after the other, each named within its time. */
const TEST_TIMEOUT_MS = 300_000;

/** Longest time until a fault is named. A name server that is not there takes the system ten seconds, and more the next time. */
const NAMED_WITHIN_MS = 60_000;

const LOOK_INTERVAL_MS = 250;

/** Asked again after it was first right: it must not waver. */
const LOOKS_AFTERWARDS = 3;

const NOWHERE = 'http://relay.invalid:3340/';

const UNANSWERED = {
  cause: 'unanswered',
  side: null,
  certainty: 'unknown',
  sentence: 'It could not be asked.',
} as const;

/** Keeps what came of one fault for the table, where that is wanted. */
const keep = (run: FaultRun): void => {
  const file = process.env.FAULT_RUNS;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(run)}\n`);
};

/** Waits until a device names the cause, and holds on to it. */
const expectCause = async (
  fault: string,
  device: TestDevice,
  peer: string,
  expected: Pick<DeviceDiagnosis, 'cause' | 'side'>,
): Promise<void> => {
  const channel = await conversationWith(device);
  const beganMs = performance.now();
  const ask = () => channel.request('explain', { device: peer });
  const look = async () => expect(await ask()).toMatchObject(expected);
  let namedAfterMs: number | null = null;
  try {
    await vi.waitFor(look, { timeout: NAMED_WITHIN_MS, interval: LOOK_INTERVAL_MS });
    namedAfterMs = performance.now() - beganMs;
    for (let count = 0; count < LOOKS_AFTERWARDS; count += 1) await look();
  } finally {
    // A device that cannot be asked any more has not named it: that counts, too.
    const { cause, side, certainty, sentence } = await ask().catch(() => UNANSWERED);
    const isRight = cause === expected.cause && side === expected.side;
    keep({ fault, isRight, cause, side, certainty, sentence, namedAfterMs });
  }
};

/** Drops what a host sends and hears over UDP, its own loopback left alone. */
const blockUdpAt = (host: LabHost): Promise<string> =>
  host.run(
    'nft',
    'table inet lab { chain out { type filter hook output priority 0; oifname != "lo" meta l4proto udp drop; }; chain in { type filter hook input priority 0; iifname != "lo" meta l4proto udp drop; }; }',
  );

const MULTICAST_ALONE =
  'table inet lab { chain in { type filter hook input priority 0; iifname != "lo" udp dport != 5353 drop; }; }';

const homes = (nat: Parameters<typeof twoHomes>[0]['nat'] = 'plain') =>
  twoHomes({ homes: [['laptop'], ['phone']], internet: ['relay'], nat }).then(untilTestEnds);

const options = (url: string): readonly string[] => ['--relay', url, '--no-mdns'];

describeInLab('why a device is connected as it is', () => {
  vi.setConfig({ testTimeout: TEST_TIMEOUT_MS });
  it('names a direct path across the internet, a goodbye, and a device that is gone without one', async () => {
    const { laptop, phone, relay } = await homes();
    const { url } = await relayOn(relay);
    const [here, there] = await pairedOn([laptop, phone], options(url));
    await expectCause('none: two homes, one NAT each', here, 'phone', { cause: 'direct-internet', side: null });
    there.daemon().process.kill('SIGTERM');
    await expectCause('the peer is shut down', here, 'phone', { cause: 'offline-goodbye', side: 'there' });
    await there.up();
    await here.statusWhere(isConnected);
    await phone.signalAll('SIGKILL');
    await expectCause('the peer’s processes are killed', here, 'phone', { cause: 'offline-away', side: 'there' });
  });

  it('names UDP that is blocked on one side, and what then happens to the relay', async () => {
    const { laptop, phone, relay } = await homes();
    await blockUdpAt(laptop);
    const first = await relayOn(relay);
    const [here, there] = await pairedOn([laptop, phone], options(first.url));
    await expectCause('UDP is blocked here', here, 'phone', { cause: 'relayed-udp-blocked', side: 'here' });
    await expectCause('UDP is blocked there', there, 'laptop', { cause: 'relayed-udp-blocked', side: 'there' });
    first.freeze();
    await expectCause('the only relay hangs', here, 'phone', { cause: 'offline-relay-down', side: 'between' });
    first.thaw();
    await here.statusWhere(isConnected);
    await phone.signalAll('SIGSTOP');
    await expectCause('the peer is asleep', here, 'phone', { cause: 'offline-away', side: 'there' });
    await phone.signalAll('SIGCONT');
    await here.statusWhere(isConnected);
    await first.kill();
    await expectCause('the only relay is killed', here, 'phone', { cause: 'offline-relay-down', side: 'between' });
    await relayOn(relay, ['--token', 'another']);
    await expectCause('the relay refuses this device’s token', here, 'phone', {
      cause: 'offline-relay-refuses-here',
      side: 'here',
    });
    await here.run('relay', 'set', 'disabled');
    await expectCause('relays are disabled here', here, 'phone', { cause: 'offline-relays-disabled', side: 'here' });
    await here.run('relay', 'set', NOWHERE);
    await expectCause('no name server answers', here, 'phone', { cause: 'offline-no-dns', side: 'here' });
  });

  it('names UDP that is blocked on both sides', async () => {
    const { laptop, phone, relay } = await homes();
    await Promise.all([blockUdpAt(laptop), blockUdpAt(phone)]);
    const { url } = await relayOn(relay);
    const [here] = await pairedOn([laptop, phone], options(url));
    await expectCause('UDP is blocked here and there', here, 'phone', { cause: 'relayed-udp-blocked', side: 'both' });
  });

  it('names a symmetric NAT on one side', async () => {
    const { laptop, phone, relay } = await homes(['symmetric', 'plain']);
    const { url } = await relayOn(relay);
    const [here, there] = await pairedOn([laptop, phone], options(url));
    await expectCause('symmetric NAT here', here, 'phone', { cause: 'relayed-symmetric-nat', side: 'here' });
    await expectCause('symmetric NAT there', there, 'laptop', { cause: 'relayed-symmetric-nat', side: 'there' });
  });

  it('names symmetric NATs on both sides', async () => {
    const { laptop, phone, relay } = await homes('symmetric');
    const { url } = await relayOn(relay);
    const [here] = await pairedOn([laptop, phone], options(url));
    await expectCause('symmetric NAT here and there', here, 'phone', { cause: 'relayed-symmetric-nat', side: 'both' });
  });

  it('names that nobody tells the outside address', async () => {
    const { laptop, phone, relay } = await homes();
    const { url } = await relayOn(relay, ['--observer-port', 'off']);
    const [here] = await pairedOn([laptop, phone], options(url));
    await expectCause('the relay has no observer', here, 'phone', {
      cause: 'relayed-no-address-discovery',
      side: 'both',
    });
  });

  it('names the weightier of two causes', async () => {
    const { laptop, phone, relay } = await homes(['symmetric', 'plain']);
    await blockUdpAt(phone);
    const { url } = await relayOn(relay);
    const [here, there] = await pairedOn([laptop, phone], options(url));
    await expectCause('symmetric NAT here, and UDP is blocked there', here, 'phone', {
      cause: 'relayed-udp-blocked',
      side: 'there',
    });
    await expectCause('UDP is blocked here, and symmetric NAT there', there, 'laptop', {
      cause: 'relayed-udp-blocked',
      side: 'here',
    });
  });

  it('names symmetric NATs that nobody has seen as nobody telling the address', async () => {
    const { laptop, phone, relay } = await homes('symmetric');
    const { url } = await relayOn(relay, ['--observer-port', 'off']);
    const [here] = await pairedOn([laptop, phone], options(url));
    await expectCause('symmetric NATs, and the relay has no observer', here, 'phone', {
      cause: 'relayed-no-address-discovery',
      side: 'both',
    });
  });

  it('names a device that keeps to its own machine', async () => {
    const { laptop, phone, relay } = await homes();
    const first = await relayOn(relay);
    const here = deviceOn(laptop, options(first.url));
    const there = deviceOn(phone, [...options(first.url), '--bind', '127.0.0.1']);
    await Promise.all([here.up(), there.up()]);
    await pairDevices(here, there);
    await here.statusWhere(isConnected);
    const cause = 'relayed-bound-to-loopback';
    await expectCause('the peer is bound to its own machine', here, 'phone', { cause, side: 'there' });
    await expectCause('this device is bound to its own machine', there, 'laptop', { cause, side: 'here' });
  });

  it('names a router that keeps its devices apart', async () => {
    const { laptop, phone, relay } = await twoHomes({
      homes: [['laptop', 'phone'], ['other']],
      internet: ['relay'],
    }).then(untilTestEnds);
    await laptop.run(
      'nft',
      `table inet apart { chain in { type filter hook input priority 0; ip saddr ${phone.address} drop; }; }`,
    );
    const { url } = await relayOn(relay);
    const [here] = await pairedOn([laptop, phone], options(url));
    await expectCause('the router keeps its devices apart', here, 'phone', {
      cause: 'relayed-same-router',
      side: 'between',
    });
  });

  it('names a firewall on a device that shows itself on the local network', async () => {
    const { laptop, phone } = await oneLan(['laptop', 'phone']).then(untilTestEnds);
    const [here] = await pairedOn([laptop, phone], ['--relay', 'disabled']);
    await expectCause('none: one local network without relays', here, 'phone', { cause: 'direct-lan', side: null });
    await phone.run('nft', MULTICAST_ALONE);
    await expectCause('a firewall on the peer lets multicast pass alone', here, 'phone', {
      cause: 'offline-sighted',
      side: 'between',
    });
  });

  it('names a direct path over the local network', async () => {
    const { laptop, phone, relay } = await oneLan(['laptop', 'phone', 'relay']).then(untilTestEnds);
    const { url } = await relayOn(relay);
    const [here] = await pairedOn([laptop, phone], options(url));
    await expectCause('none: one local network', here, 'phone', { cause: 'direct-lan', side: null });
  });
});
