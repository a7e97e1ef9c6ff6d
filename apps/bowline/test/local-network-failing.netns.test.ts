import { describeInLab, type LabHost, oneLan } from '@bowline/testing/network-lab';
import { expect, it, vi } from 'vitest';
import { deviceOn, untilTestEnds } from './lab-devices.ts';
import { expectDocumented } from './support/documented-output.ts';
import { linesOf } from './support/lines-of.ts';
import { offerCode, type TestDevice } from './two-devices.ts';

const OPTIONS = ['--relay', 'disabled'];

/** Takes the port of mDNS as programs do that share it with nobody. */
const takePort = async (host: LabHost): Promise<void> => {
  const program =
    "require('dgram').createSocket('udp4').bind(5353, () => console.log('bound')); setInterval(() => {}, 1e6)";
  const { stdout } = host.spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (stdout === null) throw new Error('the program has no output');
  await linesOf(stdout).find((line) => line === 'bound');
};

/** A firewall that keeps mDNS out, or in. */
const blockPort = (host: LabHost, hook: 'input' | 'output'): Promise<string> =>
  host.run('nft', `table inet lab { chain mdns { type filter hook ${hook} priority 0; udp dport 5353 drop; }; }`);

/** How the local network fares once it is known to fail. */
const problemOf = async (device: TestDevice) =>
  (await device.statusWhere(({ network }) => network.mdns.state === 'failing')).network.mdns.problem;

describeInLab('a local network on which mDNS cannot work', () => {
  vi.setConfig({ testTimeout: 90_000 });

  it('is named with what to do in status, in pair, in the reason of who joins, and by doctor', async () => {
    const hosts = await oneLan(['laptop', 'phone', 'tablet']).then(untilTestEnds);
    await Promise.all([takePort(hosts.laptop), blockPort(hosts.phone, 'input'), blockPort(hosts.tablet, 'output')]);
    const laptop = deviceOn(hosts.laptop, OPTIONS);
    const phone = deviceOn(hosts.phone, OPTIONS);
    const tablet = deviceOn(hosts.tablet, OPTIONS);
    await Promise.all([laptop, phone, tablet].map((device) => device.up()));

    const offer = await offerCode(phone);
    const joining = laptop.run('join', offer.words);
    // The firewall is noticed while the code is shown.
    const warning = await offer.command.line(({ event }) => event === 'localNetworkFailing');
    expectDocumented(['pair'], warning);
    expect(warning.message).toMatch(/does not come back; a firewall may block UDP port 5353/);
    expect(await problemOf(phone)).toMatchObject({ code: 'unheard' });
    expect(await problemOf(laptop)).toMatchObject({ code: 'portTaken' });
    expect(await problemOf(tablet)).toMatchObject({ code: 'notAllowed' });

    const { lines } = await joining;
    expect(lines.map(({ event }) => event)).toEqual(['codeExposed', 'localNetworkFailing', 'failed']);
    expect(lines.at(-1)).toMatchObject({
      event: 'failed',
      code: 'NOBODY_FOUND',
      reason: expect.stringMatching(
        /another program keeps UDP port 5353 to itself; end it, or let it share the port\.$/,
      ),
    });
    const checks = (await laptop.run('doctor')).lines;
    expect(checks.find(({ name }) => name === 'mdns')).toMatchObject({
      result: 'failed',
      sentence: expect.stringContaining('another program keeps UDP port 5353 to itself'),
      remedy: 'End it, or let it share the port.',
    });
  });
});
