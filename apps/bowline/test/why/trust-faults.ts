import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LabHost } from '@bowline/testing/network-lab';
import { pairDevices, type TestDevice } from '../two-devices.ts';
import type { Fault } from './fault-lab.ts';
import { deviceOfPair, type PairInLab } from './pair-in-lab.ts';

/** Where these faults are made: two homes, and a third host where a copy of the other device can run. */
interface TrustStage {
  readonly pair: PairInLab;
  readonly elsewhere: LabHost;
  readonly options: readonly string[];
  readonly folder: string;
  /** The data of the other device as it was before it was paired. */
  readonly unpaired: string;
}

/** What one of the two does with the other, and what becomes of copies of its data. */
export const trustFaults = ({ pair, elsewhere, options, folder, unpaired }: TrustStage): readonly Fault[] => {
  const { here, there, connected } = pair;
  const kept = join(folder, elsewhere.name);
  let copy: TestDevice | undefined;
  const pairAgain = async (): Promise<void> => {
    await here.run('unpair', 'phone');
    await pairDevices(here, there);
    await connected();
  };
  /** Copies the data of the other device, and links both again, so that it has gone on since. */
  const copyThere = async (): Promise<void> => {
    await there.daemon().end();
    cpSync(there.dataDir, kept, { recursive: true });
    await there.up();
    await connected();
  };
  return [
    {
      make: async () => {
        await there.daemon().end();
        rmSync(there.dataDir, { recursive: true });
        cpSync(unpaired, there.dataDir, { recursive: true });
        await there.up();
        // It left in order, and does not call by itself: somebody wants to have it back.
        await here.run('reconnect', 'phone');
      },
      undo: pairAgain,
      expected: [
        {
          fault: 'the peer was put back from a copy that does not know this device',
          cause: 'offline-not-admitted',
          side: 'there',
        },
      ],
    },
    {
      make: async () => {
        await copyThere();
        copy = deviceOfPair(elsewhere, options, { folder });
        await copy.up();
      },
      undo: async () => {
        await copy?.daemon().end();
        rmSync(kept, { recursive: true });
        await connected();
      },
      expected: [
        { fault: 'the peer runs twice', cause: 'offline-cloned', side: 'there' },
        { fault: 'this device runs twice', asked: 'there', cause: 'offline-cloned', side: 'here' },
      ],
    },
    {
      make: async () => {
        await copyThere();
        await there.daemon().end();
        // Once more than the copy will have been started, so that it is behind.
        await there.up();
        await connected();
        await there.daemon().end();
        rmSync(there.dataDir, { recursive: true });
        cpSync(kept, there.dataDir, { recursive: true });
        await there.up();
      },
      undo: async () => {
        rmSync(kept, { recursive: true });
        await connected();
      },
      expected: [{ fault: 'none: the peer was put back from an older copy', cause: 'direct-internet', side: null }],
    },
  ];
};
