import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { HostStatus, PathKind } from '@bowline/contracts';
import { describeInLab, type LabHost, type LabNatKind, type Room, twoHomes } from '@bowline/testing/network-lab';
import { expect, it, onTestFinished } from 'vitest';
import { childCommand } from '../src/demo/child-command.ts';
import { conversationWith, pairedOn, relayOn, untilTestEnds } from './lab-devices.ts';
import type { TestDevice } from './two-devices.ts';

type Homes = Room<'laptop' | 'phone' | 'relay'>['hosts'];

const homesBehind = (nat: LabNatKind): Promise<Homes> =>
  twoHomes({ homes: [['laptop'], ['phone']], internet: ['relay'], nat }).then(untilTestEnds);

const pairedAt = async ({ laptop, phone, relay }: Homes, relayOptions: readonly string[] = []) => {
  const { url } = await relayOn(relay, relayOptions);
  return { url, devices: await pairedOn([laptop, phone] as readonly [LabHost, LabHost], ['--relay', url]) };
};

const hasPath =
  (kind: PathKind) =>
  ({ peers }: HostStatus): boolean =>
    peers.some(({ path }) => path === kind);

/** The paths of so many pings that a way around the relay, had there been one, would long have been found. */
const pathsOf = async (device: TestDevice, peer: string): Promise<ReadonlySet<PathKind | undefined>> => {
  const channel = await conversationWith(device);
  const paths = new Set<PathKind | undefined>();
  for (let count = 0; count < 500; count += 1) {
    paths.add((await channel.request('ping', { device: peer })).path?.kind);
  }
  return paths;
};

describeInLab('devices in two homes, with nothing but a relay and its observer', () => {
  it.each(['plain', 'renumbering'] as const)('connect directly through %s NATs', async (nat) => {
    const { devices, url } = await pairedAt(await homesBehind(nat));
    // What one of the two has learnt is enough for both to connect.
    const isSettled = (status: HostStatus): boolean => hasPath('direct')(status) && status.network.nat !== 'unknown';
    const statuses = await Promise.all(devices.map((device) => device.statusWhere(isSettled)));
    for (const [index, { network }] of statuses.entries()) {
      const address = expect.stringMatching(`^198\\.51\\.100\\.${11 + index}:${nat === 'plain' ? '' : '51001$'}`);
      expect(network.nat).toBe('endpoint-independent');
      expect(network.observed).toEqual(expect.arrayContaining([{ address, by: url, atMs: expect.any(Number) }]));
    }
    expect(await pathsOf(devices[0], 'phone')).toEqual(new Set(['direct']));
  });

  it('stay on the relay without an observer', async () => {
    const { devices } = await pairedAt(await homesBehind('plain'), ['--observer-port', 'off']);
    expect(await pathsOf(devices[0], 'phone')).toEqual(new Set(['relay']));
    const { network } = await devices[0].status();
    expect(network).toMatchObject({ observed: [], nat: 'unknown', addressDiscovery: null });
  });

  it('stay on the relay behind symmetric NATs, and say why', async () => {
    const { devices } = await pairedAt(await homesBehind('symmetric'));
    await Promise.all(devices.map((device) => device.statusWhere(({ network }) => network.nat === 'symmetric')));
    expect(await pathsOf(devices[0], 'phone')).toEqual(new Set(['relay']));
  });
});

const TAKE_UDP_PORT = `require('node:dgram').createSocket('udp4').bind(3340, () => console.log('taken'));`;

describeInLab('a relay whose UDP port somebody else has', () => {
  it('serves without an observer that nobody asked for, and says so', async () => {
    const { relay } = await homesBehind('plain');
    const { stdout } = relay.spawn(process.execPath, ['--eval', TAKE_UDP_PORT]);
    await once(stdout as Readable, 'data');
    const command = childCommand(['relay', 'serve'], relay.within);
    onTestFinished(() => command.end());
    expect(await command.line(({ event }) => event === 'listening')).toMatchObject({ port: 3_340, observerPorts: [] });
    expect((await command.line(({ event }) => event === 'observerOff')).message).toMatch(/3340/);
  });
});
