import type { LabHost } from '@bowline/testing/network-lab';
import type { LabRelay } from '../lab-devices.ts';
import type { Fault } from './fault-lab.ts';
import type { PairInLab } from './pair-in-lab.ts';
import { recoverThere } from './recover-there.ts';

/** Where these faults are made: two homes with a NAT each, so that the devices are connected directly. */
interface ConnectedStage {
  readonly pair: PairInLab;
  readonly laptop: LabHost;
  readonly phone: LabHost;
  readonly relay: LabRelay;
}

/** What befalls a connection that was direct. */
export const connectedFaults = ({ pair, laptop, phone, relay }: ConnectedStage): readonly Fault[] => {
  const { here, there, connected } = pair;
  const { start, wake, plug } = recoverThere(pair, phone);
  const nothing = async () => undefined;
  return [
    {
      make: connected,
      undo: nothing,
      expected: [{ fault: 'none: two homes, one NAT each', cause: 'direct-internet', side: null }],
    },
    {
      make: () => there.daemon().end(),
      undo: start,
      expected: [{ fault: 'the peer is shut down', cause: 'offline-goodbye', side: 'there' }],
    },
    {
      make: () => phone.signalAll('SIGKILL'),
      undo: start,
      expected: [{ fault: 'the peer’s processes are killed', cause: 'offline-away', side: 'there' }],
    },
    {
      isLong: true,
      make: () => phone.signalAll('SIGSTOP'),
      undo: wake,
      expected: [{ fault: 'the peer is asleep', cause: 'offline-away', side: 'there' }],
    },
    {
      isLong: true,
      make: () => phone.unplug(),
      undo: plug,
      expected: [
        { fault: 'the peer’s cable is pulled', cause: 'offline-away', side: 'there' },
        { fault: 'this device’s cable is pulled', asked: 'there', cause: 'offline-no-network', side: 'here' },
      ],
    },
    {
      isLong: true,
      make: async () => {
        await there.daemon().end();
        await laptop.unplug();
      },
      undo: async () => {
        await laptop.plug();
        await start();
      },
      expected: [
        {
          fault: 'the peer is shut down, and this device’s cable is pulled',
          cause: 'offline-no-network',
          side: 'here',
        },
      ],
    },
    {
      isLong: true,
      make: async () => {
        await phone.signalAll('SIGSTOP');
        await relay.kill();
      },
      undo: async () => {
        await relay.start();
        await wake();
      },
      expected: [
        { fault: 'the peer is asleep, and the only relay is killed', cause: 'offline-relay-down', side: 'between' },
      ],
    },
    {
      isLong: true,
      make: async () => {
        await phone.signalAll('SIGSTOP');
        await here.run('relay', 'set', 'disabled');
      },
      undo: async () => {
        await here.run('relay', 'set', relay.url);
        await wake();
      },
      expected: [
        {
          fault: 'the peer is asleep, and relays are disabled here',
          cause: 'offline-relays-disabled',
          side: 'here',
        },
      ],
    },
  ];
};
