import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabRelay } from '../lab-devices.ts';
import type { TestDevice } from '../two-devices.ts';
import type { Fault } from './fault-lab.ts';
import type { PairInLab } from './pair-in-lab.ts';
import type { SmallDisk } from './small-disk.ts';

/** Where these faults are made: two homes, no UDP out of the first, two relays, the first of them far, and a small disk there. */
interface SlowStage {
  readonly pair: PairInLab;
  /** The far one first. */
  readonly relays: readonly [LabRelay, LabRelay];
  readonly disk: SmallDisk;
  /** For files that are sent. */
  readonly folder: string;
}

/** How a machine is that has too much to do: nothing runs for most of the time, and the rest is short, milliseconds. */
const STOPPED_MS = 900;
const RUNNING_MS = 300;

/** More than {@link LIMIT}. */
const LARGE_BYTES = 2_000_000;
const LIMIT = '1100kB';

/** Stops a daemon's own process again and again. @returns what ends it */
const keepBusy = (device: TestDevice): (() => void) => {
  const { process: daemon } = device.daemon();
  let timer: NodeJS.Timeout;
  const pulse = (isStopping: boolean): void => {
    daemon.kill(isStopping ? 'SIGSTOP' : 'SIGCONT');
    timer = setTimeout(() => pulse(!isStopping), isStopping ? STOPPED_MS : RUNNING_MS);
  };
  pulse(true);
  return () => {
    clearTimeout(timer);
    daemon.kill('SIGCONT');
  };
};

/** What makes a connection slow, and what is wrong beside it. */
export const slowFaults = ({ pair, relays, disk, folder }: SlowStage): readonly Fault[] => {
  const { here, there, connected } = pair;
  const [far, near] = relays;
  const both = [here, there];
  let rest = (): void => undefined;
  const limit = (size: string) => here.run('relay', 'budget', '--per-device', size);
  const pushLarge = async (): Promise<void> => {
    const [file, inbox] = [join(folder, 'large'), join(folder, 'inbox')];
    mkdirSync(inbox, { recursive: true });
    writeFileSync(file, randomBytes(LARGE_BYTES));
    await there.run('receive', inbox, '--from', 'laptop');
    await here.run('push', file, 'phone');
  };
  return [
    {
      // Who is heard through a relay is answered there: once the far one is all there is, nothing moves them away from it.
      make: async () => {
        await Promise.all(both.map((device) => device.run('relay', 'set', far.url)));
        await connected();
        await Promise.all(both.map((device) => device.run('relay', 'pin', far.url, near.url)));
      },
      undo: async () => {
        await Promise.all(both.map((device) => device.run('relay', 'set', near.url)));
        await connected();
      },
      expected: [
        { fault: 'the relay in use is the farther of two', isBeside: true, cause: 'slow-far-relay', side: null },
      ],
    },
    {
      make: async () => {
        await pushLarge();
        await limit(LIMIT);
      },
      undo: () => limit('none'),
      expected: [
        { fault: "the day's limit for relays is used up", isBeside: true, cause: 'slow-over-budget', side: 'here' },
      ],
    },
    {
      make: async () => {
        rest = keepBusy(there);
      },
      undo: async () => {
        rest();
        await connected();
      },
      expected: [
        { fault: 'this device is busy', asked: 'there', isBeside: true, cause: 'slow-busy', side: 'here' },
        { fault: 'the peer is busy', isBeside: true, cause: 'slow-busy', side: 'there' },
      ],
    },
    {
      make: async () => {
        disk.fill();
        await here.run('send', 'phone', 'x'.repeat(30_000));
      },
      undo: async () => {
        disk.free();
        await there.run('note', 'laptop', 'there is room');
      },
      expected: [
        {
          fault: 'the disk of this device is full',
          asked: 'there',
          isBeside: true,
          cause: 'store-failing',
          side: 'here',
        },
        { fault: 'the peer’s disk is full', isBeside: true, cause: 'store-failing', side: 'there' },
      ],
    },
  ];
};
