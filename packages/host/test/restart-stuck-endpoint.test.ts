import type { NetworkInterfaceInfo } from 'node:os';
import type { SocketAddress } from '@bowline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { restartStuckEndpoint } from '../src/wiring/restart-stuck-endpoint.ts';
import { scriptedSystem } from './scripted-system.ts';

const fields = { family: 'IPv4', internal: false, netmask: '', mac: '', cidr: null } as const;

let scripted: ReturnType<typeof scriptedSystem>;
let offered: readonly string[];
let interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>;

const watch = (options: object = { bind: [], isLoopbackOnly: false }) =>
  restartStuckEndpoint({ ...scripted.system, options, networkInterfaces: () => interfaces } as never);
const changeTo = async (...addresses: readonly string[]): Promise<void> => {
  interfaces = { eth0: addresses.map((address) => ({ ...fields, address })) };
  scripted.system.hub.tell({ event: 'network.changed', cause: 'interfaces' });
  await scripted.clock.advance(2_499);
  expect(restarts()).toEqual([]);
  await scripted.clock.advance(1);
};
const restarts = () => scripted.asked.filter((each) => each.startsWith('endpoint s'));

beforeEach(() => {
  offered = [];
  interfaces = {};
  scripted = scriptedSystem({
    'endpoint.readBound': () => ({ ...scripted.bound, directAddresses: offered as readonly SocketAddress[] }),
  });
  scripted.own.update({ bound: scripted.bound });
});

describe('an endpoint that does not tell an address it was given', () => {
  it('is started anew, and what was on it is dropped before', async () => {
    watch();
    await changeTo('10.77.0.77');
    expect(scripted.own.current.bound).toBeNull();
    expect(scripted.asked).toEqual([
      'endpoint.readBound',
      'links.dropAll',
      'pairing.dropAll',
      'endpoint stops',
      'endpoint starts',
    ]);
  });

  it('is started anew once a minute at most', async () => {
    watch();
    await changeTo('10.77.0.77');
    scripted.own.update({ bound: scripted.bound });
    scripted.asked.length = 0;
    await changeTo('10.77.0.78');
    expect(restarts()).toEqual([]);
    await scripted.clock.advance(60_000);
    await changeTo('10.77.0.79');
    expect(restarts()).toEqual(['endpoint stops', 'endpoint starts']);
  });

  it('is not started anew again for what a start did not help', async () => {
    watch();
    await changeTo('10.77.0.77');
    const again = async (...addresses: readonly string[]) => {
      scripted.own.update({ bound: scripted.bound });
      scripted.asked.length = 0;
      await scripted.clock.advance(60_000);
      await changeTo(...addresses);
    };
    await again('10.77.0.77');
    expect(restarts()).toEqual([]);
    // It was there meanwhile.
    offered = ['10.77.0.77:1'];
    await again('10.77.0.77');
    offered = [];
    await again('10.77.0.77');
    expect(restarts()).toEqual(['endpoint stops', 'endpoint starts']);
  });

  it('stays stopped when the host has stopped meanwhile', async () => {
    const stopping = Promise.withResolvers<void>();
    scripted.system.parts.endpoint.stop = () => stopping.promise;
    const cancel = watch();
    await changeTo('10.77.0.77');
    cancel();
    stopping.resolve();
    await scripted.clock.advance(0);
    expect(restarts()).toEqual([]);
  });
});

describe('an endpoint is left alone', () => {
  it('that tells where it is', async () => {
    watch();
    offered = ['10.77.0.77:1'];
    await changeTo('10.77.0.77');
    expect(restarts()).toEqual([]);
  });

  it('that is not bound, is bound to some addresses, or to this machine', async () => {
    watch({ bind: ['10.1.0.1'], isLoopbackOnly: false });
    watch({ bind: [], isLoopbackOnly: true });
    await changeTo('10.77.0.77');
    expect(scripted.asked).toEqual([]);
    watch();
    scripted.own.update({ bound: null });
    await changeTo('10.77.0.78');
    expect(scripted.asked).toEqual([]);
  });

  it('on a machine with more addresses than it is given', async () => {
    watch();
    await changeTo('10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5');
    expect(restarts()).toEqual([]);
  });
});
