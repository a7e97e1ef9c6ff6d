import type { LabHost } from '@bowline/testing/network-lab';
import { type LabRelay, relayOn } from '../lab-devices.ts';
import type { Fault } from './fault-lab.ts';
import type { PairInLab } from './pair-in-lab.ts';
import { type End, servePage } from './serve-on.ts';

/** Where these faults are made: two homes, and UDP that does not get out of the first, so that the relay carries everything. */
interface RelayedStage {
  readonly pair: PairInLab;
  readonly phone: LabHost;
  /** The relay's machine. */
  readonly middle: LabHost;
  readonly relay: LabRelay;
}

const NOWHERE = 'http://relay.invalid:3340/';

/** What befalls a relay under a connection that needs it. */
export const relayedFaults = ({ pair, phone, middle, relay }: RelayedStage): readonly Fault[] => {
  const { here, there, connected } = pair;
  const started = async () => {
    await relay.start();
    await connected();
  };
  const setAgain = async (device: typeof here) => {
    await device.run('relay', 'set', relay.url);
    await connected();
  };
  const setBoth = (choice: string) => Promise.all([here, there].map((device) => device.run('relay', 'set', choice)));
  let endPage: End | undefined;
  let strict: LabRelay | undefined;
  return [
    {
      make: connected,
      undo: async () => undefined,
      expected: [
        { fault: 'UDP is blocked here', cause: 'relayed-udp-blocked', side: 'here' },
        { fault: 'UDP is blocked there', asked: 'there', cause: 'relayed-udp-blocked', side: 'there' },
      ],
    },
    {
      make: async () => relay.freeze(),
      undo: async () => {
        relay.thaw();
        await connected();
      },
      expected: [{ fault: 'the only relay hangs', cause: 'offline-relay-down', side: 'between' }],
    },
    {
      make: () => phone.signalAll('SIGSTOP'),
      undo: async () => {
        await phone.signalAll('SIGCONT');
        await connected();
      },
      expected: [{ fault: 'UDP is blocked here, and the peer is asleep', cause: 'offline-away', side: 'there' }],
    },
    {
      make: () => relay.kill(),
      undo: started,
      expected: [{ fault: 'the only relay is killed', cause: 'offline-relay-down', side: 'between' }],
    },
    {
      make: async () => {
        await relay.kill();
        strict = await relayOn(middle, ['--token', 'another']);
      },
      undo: async () => {
        await strict?.kill();
        await started();
      },
      expected: [{ fault: 'the relay refuses this device’s token', cause: 'offline-relay-refuses-here', side: 'here' }],
    },
    {
      isLong: true,
      make: async () => {
        await there.daemon().end();
        await relay.kill();
        strict = await relayOn(middle, ['--token', 'another']);
      },
      undo: async () => {
        await strict?.kill();
        await relay.start();
        await there.up();
        await connected();
      },
      expected: [
        {
          fault: 'the peer is shut down, and the relay refuses this device’s token',
          cause: 'offline-relay-refuses-here',
          side: 'here',
        },
      ],
    },
    {
      isLong: true,
      make: async () => {
        await relay.kill();
        endPage = await servePage(middle);
      },
      undo: async () => {
        await endPage?.();
        await started();
      },
      expected: [
        { fault: 'a page answers in the place of the relay', cause: 'offline-relay-protocol', side: 'between' },
      ],
    },
    {
      make: () => here.run('relay', 'set', 'disabled'),
      undo: () => setAgain(here),
      expected: [{ fault: 'relays are disabled here', cause: 'offline-relays-disabled', side: 'here' }],
    },
    {
      isLong: true,
      make: () => there.run('relay', 'set', 'disabled'),
      undo: () => setAgain(there),
      expected: [{ fault: 'relays are disabled there', cause: 'offline-relays-disabled', side: 'there' }],
    },
    {
      isLong: true,
      make: async () => {
        await there.run('relay', 'set', 'disabled');
        await here.run('relay', 'set', 'disabled');
      },
      undo: async () => {
        await setBoth(relay.url);
        await connected();
      },
      expected: [{ fault: 'relays are disabled here and there', cause: 'offline-relays-disabled', side: 'both' }],
    },
    {
      // Nor is the relay reached that each knows of the other one, as it would not be without a name server.
      make: () => Promise.all([setBoth(NOWHERE), relay.kill()]),
      undo: async () => {
        await relay.start();
        await setBoth(relay.url);
        await connected();
      },
      expected: [{ fault: 'no name server answers', cause: 'offline-no-dns', side: 'here' }],
    },
  ];
};
