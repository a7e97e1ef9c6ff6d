import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oneLan } from '@bowline/testing/network-lab';
import { expect, vi } from 'vitest';
import { deviceOn, relayOn, untilTestEnds } from '../lab-devices.ts';
import { pairDevices, type TestDevice, temporaryFolder } from '../two-devices.ts';
import { longStage, nameFaults } from './fault-lab.ts';
import { pairInLab } from './pair-in-lab.ts';

/** So much goes by TCP where it can, bytes. */
const LARGE_BYTES = 3_000_000;

/** Neither lets a TCP connection in nor one out, but for the relay's. */
const NO_TCP =
  'table inet lab { chain in { type filter hook input priority 0; iifname != "lo" tcp sport != 3340 meta l4proto tcp drop; }; }';

/** A third device on the network, which tells whose firewall it is. The short form makes nothing. */
export const tcpStages = (): void => {
  longStage('names whose firewall lets no TCP through, where a third device tells', async () => {
    const { laptop, phone, tablet, relay } = await oneLan(['laptop', 'phone', 'tablet', 'relay']).then(untilTestEnds);
    const { url } = await relayOn(relay);
    await phone.run('nft', NO_TCP);
    const options = ['--relay', url, '--no-mdns'];
    const pair = await pairInLab([laptop, phone], options);
    const third = deviceOn(tablet, options);
    await third.up();
    await pairDevices(pair.here, third);
    await pairDevices(pair.there, third);
    const folder = temporaryFolder();
    const file = join(folder, 'large');
    // What is received is one choice for each device: another folder would take the place of the first.
    for (const [index, device] of [third, pair.there].entries()) {
      const inbox = join(folder, `inbox-${index}`);
      mkdirSync(inbox);
      expect((await device.run('receive', inbox)).exitCode).toBe(0);
    }
    const push = async (from: TestDevice, to: string): Promise<void> => {
      writeFileSync(file, randomBytes(LARGE_BYTES));
      expect((await from.run('push', file, to)).exitCode).toBe(0);
    };
    await pair.here.statusWhere(({ peers }) => peers.length === 2 && peers.every(({ path }) => path === 'direct'));
    await pair.there.statusWhere(({ peers }) => peers.length === 2 && peers.every(({ path }) => path === 'direct'));
    /** Pushes until TCP with the other device is as it is to be. */
    const pushUntil = (from: TestDevice, to: string, tcp: object) =>
      vi.waitFor(
        async () => {
          await push(from, to);
          const { peers } = await from.status();
          expect(peers).toContainEqual(expect.objectContaining({ name: to, ...tcp }));
        },
        { timeout: 60_000, interval: 1_000 },
      );
    const stands = { tcp: { bytesPerSecond: expect.any(Number) } };
    const blocked = { tcpAbsence: 'blocked' };
    await nameFaults(pair, [
      {
        make: async () => {
          await pushUntil(pair.here, 'tablet', stands);
          await pushUntil(pair.there, 'tablet', blocked);
          await pushUntil(pair.here, 'phone', blocked);
        },
        undo: async () => undefined,
        expected: [
          {
            fault: 'a firewall there lets no TCP through, and a third device has none',
            isBeside: true,
            cause: 'slow-tcp-blocked',
            side: 'there',
            says: 'With another device on this network one can',
          },
          {
            fault: 'a firewall here lets no TCP through, and a third device has none',
            asked: 'there',
            isBeside: true,
            cause: 'slow-tcp-blocked',
            side: 'here',
            says: 'Nor can one with another device on this network',
          },
        ],
      },
    ]);
  });
};
