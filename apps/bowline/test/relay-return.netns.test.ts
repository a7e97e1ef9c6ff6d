import { describeInLab, noDirectPath } from '@bowline/testing/network-lab';
import { expect, it } from 'vitest';
import { pairedOn, relayOn, untilTestEnds } from './lab-devices.ts';
import { isConnected } from './two-devices.ts';

/** Long enough for every backoff to be far beyond what may pass after the return. */
const OUTAGE_MS = 40_000;

/**
 * From the return of the relay to a link on both sides: below two seconds on a machine with nothing else to do, and far more by a
 * backoff that has grown all the while.
 */
const CONNECTED_MS = 6_000;

/** More than a link without a relay takes to be given up. */
const GIVEN_UP_MS = 60_000;

/** Two devices in different homes with nothing but one relay between them. */
const relayed = async () => {
  const hosts = await noDirectPath({ homes: [['laptop'], ['phone']], internet: ['relay'] }).then(untilTestEnds);
  const relay = await relayOn(hosts.relay);
  const devices = await pairedOn([hosts.laptop, hosts.phone], ['--relay', relay.url]);
  const bothWhere = async (fits: Parameters<(typeof devices)[0]['statusWhere']>[0]): Promise<void> => {
    await Promise.all(devices.map((device) => device.statusWhere(fits)));
  };
  return { hosts, relay, bothWhere };
};

/** Milliseconds from the end of the outage until both devices are connected. */
const outage = async (
  bothWhere: Awaited<ReturnType<typeof relayed>>['bothWhere'],
  begin: () => Promise<void>,
  end: () => Promise<void>,
): Promise<number> => {
  await begin();
  const beganAt = performance.now();
  await bothWhere((status) => !isConnected(status));
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, OUTAGE_MS - (performance.now() - beganAt))));
  await end();
  const endedAt = performance.now();
  await bothWhere(isConnected);
  return performance.now() - endedAt;
};

describeInLab('devices with one relay between them', () => {
  it('are connected as soon as it returns, whether its program or its network was gone', {
    timeout: 2 * (OUTAGE_MS + GIVEN_UP_MS),
  }, async () => {
    const { hosts, relay, bothWhere } = await relayed();
    const killedMs = await outage(bothWhere, relay.kill, relay.start);
    const unpluggedMs = await outage(bothWhere, hosts.relay.unplug, hosts.relay.plug);
    console.info(`connected after: killed ${killedMs.toFixed(0)} ms, unplugged ${unpluggedMs.toFixed(0)} ms`);
    expect(killedMs).toBeLessThanOrEqual(CONNECTED_MS);
    expect(unpluggedMs).toBeLessThanOrEqual(CONNECTED_MS);
  });
});
