import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describeInLab, noDirectPath } from '@bowline/testing/network-lab';
import { expect, it, onTestFinished } from 'vitest';
import { pairedOn, relayOn, untilTestEnds } from './lab-devices.ts';
import { linesOf } from './support/lines-of.ts';

const EXAMPLE = fileURLToPath(new URL('../../example-notes/src/main.ts', import.meta.url));

/** The example on the device of a daemon, and what it prints. */
const notesOn = (dataDir: string, ...address: readonly string[]) => {
  const child = spawn(process.execPath, ['--conditions=bowline-source', EXAMPLE, dataDir, ...address], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const { seen, find } = linesOf(child.stdout);
  return {
    write: (text: string) => void child.stdin.write(`${text}\n`),
    address: async () => (await find((each) => each.startsWith('address '))).slice('address '.length),
    note: (text: string) => find((each) => each === `note ${text}`),
    notes: () => seen.filter((each) => each.startsWith('note ')).toSorted((one, other) => (one < other ? -1 : 1)),
  };
};

describeInLab('notes that two devices share through relays', () => {
  it('are the same on both while one relay after the other dies', async () => {
    const hosts = await noDirectPath({ homes: [['laptop'], ['phone']], internet: ['relay1', 'relay2'] }).then(
      untilTestEnds,
    );
    const relays = [await relayOn(hosts.relay1), await relayOn(hosts.relay2)] as const;
    const options = relays.flatMap(({ url }) => ['--relay', url]);
    const [laptop, phone] = await pairedOn([hosts.laptop, hosts.phone], options);
    const usesBoth = (device: typeof laptop) =>
      device.statusWhere((status) => status.relays.filter(({ state }) => state === 'connected').length === 2);
    await Promise.all([usesBoth(laptop), usesBoth(phone)]);

    const one = notesOn(laptop.dataDir);
    const other = notesOn(phone.dataDir, await one.address());
    await other.address();
    const expected: string[] = [];
    const exchange = async (when: string): Promise<void> => {
      one.write(`${when} on the laptop`);
      other.write(`${when} on the phone`);
      expected.push(`note ${when} on the laptop`, `note ${when} on the phone`);
      await Promise.all([other.note(`${when} on the laptop`), one.note(`${when} on the phone`)]);
    };

    await exchange('before');
    for (const [index, relay] of relays.entries()) {
      await relay.kill();
      await exchange(`without relay ${index + 1}`);
      await relay.start();
      await Promise.all([usesBoth(laptop), usesBoth(phone)]);
    }
    await exchange('after');
    const all = expected.toSorted((first, second) => (first < second ? -1 : 1));
    expect(one.notes()).toEqual(all);
    expect(other.notes()).toEqual(all);
  });
});
