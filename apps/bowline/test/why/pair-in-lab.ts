import type { LabHost } from '@bowline/testing/network-lab';
import { conversationWith } from '../lab-devices.ts';
import { isConnected, pairDevices, type TestDevice, temporaryFolder, testDevice } from '../two-devices.ts';

/** Two paired devices on two hosts: `laptop`, which is here, and `phone`, which is there. */
export interface PairInLab {
  readonly here: TestDevice;
  readonly there: TestDevice;
  /** Resolves once both say that they are connected. */
  connected(): Promise<void>;
  /** Resolves once each has told the other one what it knows of itself on the present link. */
  toldFacts(): Promise<void>;
  /** Ends both, changes something about their networks, and starts them again, until they are connected. */
  restarted(change: () => Promise<unknown>): Promise<void>;
}

/** What one of the two has of its own. */
export interface OwnOfDevice {
  readonly options?: readonly string[];
  /** What runs its daemon on its host; must become the command, not start it. */
  readonly within?: readonly string[];
  /** Where its data is. @defaultValue a folder of its own */
  readonly folder?: string;
}

/** How the pair is made. */
interface PairOptions {
  readonly ofHere?: OwnOfDevice;
  readonly ofThere?: OwnOfDevice;
  /** What is done once the other device is there, and before it knows this one; it runs neither before nor after. */
  readonly beforeTheyPair?: (there: TestDevice) => void;
}

/** A device of the pair that is not up yet. @param options of both */
export const deviceOfPair = (
  host: LabHost,
  options: readonly string[],
  { options: own = [], within = [], folder = temporaryFolder() }: OwnOfDevice = {},
): TestDevice => testDevice(host.name, [...options, ...own], folder, [...host.within, ...within]);

/** @param options of both devices */
export const pairInLab = async (
  hosts: readonly [LabHost, LabHost],
  options: readonly string[],
  { ofHere, ofThere, beforeTheyPair }: PairOptions = {},
): Promise<PairInLab> => {
  const here = deviceOfPair(hosts[0], options, ofHere);
  const there = deviceOfPair(hosts[1], options, ofThere);
  const both = [here, there];
  const connected = async (): Promise<void> => {
    await Promise.all(both.map((device) => device.statusWhere(isConnected)));
  };
  const up = () => Promise.all(both.map((device) => device.up()));
  if (beforeTheyPair !== undefined) {
    await there.up();
    await there.daemon().end();
    beforeTheyPair(there);
  }
  await up();
  await pairDevices(here, there);
  await connected();
  return {
    here,
    there,
    connected,
    // Read when the link comes up: what is asked of the same workers later is answered later, and a ping goes behind it.
    toldFacts: async () => {
      await connected();
      for (const [device, peer] of [
        [here, hosts[1].name],
        [there, hosts[0].name],
      ] as const) {
        const daemon = await conversationWith(device);
        await daemon.request('explain', { device: peer });
        await daemon.request('ping', { device: peer });
      }
    },
    restarted: async (change) => {
      await Promise.all(both.map((device) => device.daemon().end()));
      await change();
      await up();
      await connected();
    },
  };
};
