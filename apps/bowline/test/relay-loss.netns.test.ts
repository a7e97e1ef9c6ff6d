import { describeInLab, type LabHost, noDirectPath } from '@bowline/testing/network-lab';
import { expect, it } from 'vitest';
import { conversationWith, type LabRelay, pairedOn, relayOn, untilTestEnds } from './lab-devices.ts';
import { pingEcho } from './ping-echo.ts';
import type { TestDevice } from './two-devices.ts';

/**
 * Longest gap in a 20 ms echo when the relay in use dies, and when it hangs and has to be found out first. A machine with nothing
 * else to do needs some 30 and 500 ms. Who finds the dead relay out by its silence needs over a second; a hang that nobody looks
 * for does not end.
 */
const KILLED_MS = 500;
const FROZEN_MS = 10_000;

/** Relays killed one after the other. */
const ROUNDS = 3;

/** How long the echo runs undisturbed before and after a fault. */
const CALM_MS = 1_000;

/** Two devices in different homes with nothing but two relays between them, and an echo through the one in use. */
const echoing = async () => {
  const hosts = await noDirectPath({ homes: [['laptop'], ['phone']], internet: ['relay1', 'relay2'] }).then(
    untilTestEnds,
  );
  const relays = [await relayOn(hosts.relay1), await relayOn(hosts.relay2)] as const;
  const options = relays.flatMap(({ url }) => ['--relay', url]);
  const devices = await pairedOn([hosts.laptop, hosts.phone], options);
  await Promise.all(devices.map((device) => device.statusWhere(usesBoth)));

  const channel = await conversationWith(devices[0]);
  const lost: string[] = [];
  for (const each of [channel, await conversationWith(devices[1])]) {
    each.on('told', (event) => {
      if (event.event === 'device.disconnected') lost.push(event.reason);
    });
  }
  const echo = pingEcho(channel, 'phone');
  await echo.calm(CALM_MS);
  const inUse = (): Promise<LabRelay> => busier([hosts.relay1, relays[0]], [hosts.relay2, relays[1]]);
  return { devices, relays, inUse, echo, lost };
};

const usesBoth = ({ relays }: Awaited<ReturnType<TestDevice['status']>>): boolean =>
  relays.filter(({ state }) => state === 'connected').length === 2;

/** The relay with more traffic while the echo runs. */
const busier = async (...candidates: readonly [LabHost, LabRelay][]): Promise<LabRelay> => {
  const receivedBytes = (): Promise<number[]> =>
    Promise.all(
      candidates.map(async ([host]) => Number(await host.run('cat', '/sys/class/net/eth0/statistics/rx_bytes'))),
    );
  const before = await receivedBytes();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const after = await receivedBytes();
  const grown = after.map((bytes, index) => bytes - (before[index] ?? 0));
  const [, relay] = candidates[grown.indexOf(Math.max(...grown))] ?? [];
  if (relay === undefined) throw new Error('there is no relay');
  return relay;
};

describeInLab('a relayed connection', () => {
  it('does not notice that the relay it uses is killed, restarted, and so on with the next', async () => {
    const { devices, relays, inUse, echo, lost } = await echoing();
    const gapsMs: number[] = [];
    const killed = new Set<LabRelay>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const relay = await inUse();
      killed.add(relay);
      echo.restart();
      await relay.kill();
      await echo.calm(CALM_MS);
      gapsMs.push(Math.round(echo.longestGapMs()));
      await relay.start();
      await Promise.all(devices.map((device) => device.statusWhere(usesBoth)));
    }
    console.info(`relay killed: longest gaps ${gapsMs.join(', ')} ms`);
    // The middle one, because others may use the machine.
    expect(gapsMs.toSorted((a, b) => a - b)[1]).toBeLessThanOrEqual(KILLED_MS);
    expect(killed).toEqual(new Set(relays));
    expect({ lost, failures: echo.failures() }).toEqual({ lost: [], failures: [] });
  });

  it('goes on within a moment when the relay it uses freezes', async () => {
    const { inUse, echo, lost } = await echoing();
    const relay = await inUse();
    echo.restart();
    relay.freeze();
    await echo.calm(CALM_MS);
    console.info(`relay frozen: longest gap ${echo.longestGapMs().toFixed(0)} ms`);
    expect(echo.longestGapMs()).toBeLessThanOrEqual(FROZEN_MS);
    expect({ lost, failures: echo.failures() }).toEqual({ lost: [], failures: [] });
  });
});
