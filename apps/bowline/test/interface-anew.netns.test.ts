import { spawnSync } from 'node:child_process';
import { describeInLab, type LabHost, oneLan } from '@bowline/testing/network-lab';
import { expect, it, vi } from 'vitest';
import { pairedOn, untilTestEnds } from './lab-devices.ts';
import type { TestDevice } from './two-devices.ts';

const ip = (...args: readonly string[]): void => {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
};

/** Takes the only interface of a host away, as a dock or a driver does, and makes it anew under the same name and address. */
const makeAnew = async (host: LabHost, port: string): Promise<void> => {
  const namespace = host.within[3] ?? '';
  const middle = namespace.replace(/[^-]*$/, 'switch');
  ip('-n', namespace, 'link', 'delete', 'dev', 'eth0');
  ip('link', 'add', 'eth0', 'netns', namespace, 'type', 'veth', 'peer', 'name', port, 'netns', middle);
  ip('-n', middle, 'link', 'set', 'dev', port, 'master', 'bridge0');
  ip('-n', middle, 'link', 'set', 'dev', port, 'up');
  ip('-n', namespace, 'address', 'add', `${host.address}/24`, 'dev', 'eth0');
  ip('-n', namespace, 'link', 'set', 'dev', 'eth0', 'up');
};

/** The path of a link over which somebody answers. */
const workingPath = async (device: TestDevice, peer: string) => {
  const { lines, exitCode } = await device.run('ping', peer, '--count', '1');
  if (exitCode !== 0) throw new Error(`no answer: ${JSON.stringify(lines)}`);
  return (await device.status()).peers[0]?.path;
};

describeInLab('an interface that is made anew', () => {
  vi.setConfig({ testTimeout: 90_000 });

  it('leaves a link whose path is known as soon as it works', async () => {
    const hosts = await oneLan(['laptop', 'phone']).then(untilTestEnds);
    const [laptop, phone] = await pairedOn([hosts.laptop, hosts.phone], ['--relay', 'disabled']);
    for (const port of ['anew1', 'anew2', 'anew3']) {
      await makeAnew(hosts.laptop, port);
      await vi.waitFor(async () => expect(await workingPath(laptop, 'phone')).toBe('direct'), {
        timeout: 20_000,
        interval: 200,
      });
      expect(await workingPath(phone, 'laptop')).toBe('direct');
    }
  });
});
