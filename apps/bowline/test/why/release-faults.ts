import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LabHost } from '@bowline/testing/network-lab';
import type { TestDevice } from '../two-devices.ts';
import type { Fault } from './fault-lab.ts';
import { otherRelease } from './other-release.ts';
import { deviceOfPair, type PairInLab } from './pair-in-lab.ts';

/** Where these faults are made: two devices, each with its data in a folder that is given. */
interface ReleaseStage {
  readonly pair: PairInLab;
  readonly hosts: Readonly<Record<'laptop' | 'phone', LabHost>>;
  readonly options: readonly string[];
  readonly folder: string;
}

/** Greets in a version that nobody else speaks. */
const INCOMPATIBLE = otherRelease({
  file: '/link-protocol/src/link-frame.ts',
  from: 'LINK_PROTOCOL_VERSION = 1',
  to: 'LINK_PROTOCOL_VERSION = 2',
});

/** Hands no claim back to one that is behind, as releases before claims. */
const WITHOUT_CLAIMS = otherRelease({ file: '/links/src/peer-link.ts', from: "claim ?? ''", to: "''" });

/** Takes no connection, as a device that has too many, and makes none, as one that does not get to it. */
const BUSY = otherRelease(
  { file: '/links/src/peer-link.ts', from: 'if (!incoming.take(1, clock.monotonicMs()))', to: 'if (true)' },
  { file: '/links/src/peer-link.ts', from: 'if (identity === null) throw', to: 'if (true) throw' },
);

/** What comes of releases that differ. */
export const releaseFaults = ({ pair, hosts, options, folder }: ReleaseStage): readonly Fault[] => {
  const { here, there, connected } = pair;
  const kept = join(folder, 'kept');
  let other: TestDevice | undefined;
  const startAgain = async (device: TestDevice): Promise<void> => {
    await other?.daemon().end();
    other = undefined;
    await device.up();
    await connected();
  };
  const startAs = async (device: TestDevice, host: LabHost, within: readonly string[]): Promise<void> => {
    await device.daemon().end();
    other = deviceOfPair(host, options, { folder, within });
    await other.up();
  };
  /** Ends it, does something meanwhile, and starts it. */
  const restartThere = async (meanwhile: () => void = () => undefined): Promise<void> => {
    await there.daemon().end();
    meanwhile();
    await there.up();
  };
  return [
    {
      make: () => startAs(there, hosts.phone, INCOMPATIBLE),
      undo: () => startAgain(there),
      expected: [
        { fault: 'the peer runs a release that speaks another version', cause: 'offline-version', side: null },
        {
          fault: 'this device runs a release that speaks another version',
          asked: 'there',
          cause: 'offline-version',
          side: null,
        },
      ],
    },
    {
      make: async () => {
        await startAs(there, hosts.phone, BUSY);
        await here.run('reconnect', 'phone');
      },
      undo: () => startAgain(there),
      expected: [{ fault: 'the peer has too much to do', cause: 'offline-busy', side: 'there' }],
    },
    {
      make: async () => {
        await restartThere(() => cpSync(there.dataDir, kept, { recursive: true }));
        await connected();
        await restartThere();
        await connected();
        await startAs(here, hosts.laptop, WITHOUT_CLAIMS);
        await connected();
        await restartThere(() => {
          rmSync(there.dataDir, { recursive: true });
          cpSync(kept, there.dataDir, { recursive: true });
        });
      },
      undo: async () => {
        rmSync(kept, { recursive: true });
        await startAgain(here);
      },
      expected: [
        {
          fault: 'the peer was put back from an older copy, and this device’s release does not tell it so',
          cause: 'offline-stale',
          side: null,
        },
        {
          fault: 'this device was put back from an older copy, and the peer’s release does not tell it so',
          asked: 'there',
          cause: 'offline-stale',
          side: null,
        },
      ],
    },
  ];
};
