import type { LabHost } from '@bowline/testing/network-lab';
import { deviceOn } from '../lab-devices.ts';
import { isConnected, pairDevices, type TestDevice } from '../two-devices.ts';

/** Two paired devices on two hosts: `laptop`, which is here, and `phone`, which is there. */
export interface PairInLab {
  readonly here: TestDevice;
  readonly there: TestDevice;
  /** Resolves once both say that they are connected. */
  connected(): Promise<void>;
  /** Ends both, changes something about their networks, and starts them again, until they are connected. */
  restarted(change: () => Promise<unknown>): Promise<void>;
}

/** @param options of both devices */
export const pairInLab = async (
  hosts: readonly [LabHost, LabHost],
  options: readonly string[],
  ofThere: readonly string[] = [],
): Promise<PairInLab> => {
  const here = deviceOn(hosts[0], options);
  const there = deviceOn(hosts[1], [...options, ...ofThere]);
  const both = [here, there];
  const connected = async (): Promise<void> => {
    await Promise.all(both.map((device) => device.statusWhere(isConnected)));
  };
  const up = () => Promise.all(both.map((device) => device.up()));
  await up();
  await pairDevices(here, there);
  await connected();
  return {
    here,
    there,
    connected,
    restarted: async (change) => {
      await Promise.all(both.map((device) => device.daemon().end()));
      await change();
      await up();
      await connected();
    },
  };
};
