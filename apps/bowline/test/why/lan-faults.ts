import type { LabHost } from '@bowline/testing/network-lab';
import { allowAllAt, letMulticastInAlone } from './blocked-udp.ts';
import type { Fault } from './fault-lab.ts';
import type { PairInLab } from './pair-in-lab.ts';
import { recoverThere } from './recover-there.ts';

/** Where these faults are made: one local network, and relays disabled. */
interface LanStage {
  readonly pair: PairInLab;
  readonly phone: LabHost;
}

/** What befalls two devices that only have their local network. */
export const lanFaults = ({ pair, phone }: LanStage): readonly Fault[] => {
  const { there, connected } = pair;
  const { start, wake, plug } = recoverThere(pair, phone);
  return [
    {
      make: connected,
      undo: async () => undefined,
      expected: [{ fault: 'none: one local network without relays', cause: 'direct-lan', side: null }],
    },
    {
      make: () => letMulticastInAlone(phone),
      undo: async () => {
        await allowAllAt(phone);
        await connected();
      },
      expected: [
        { fault: 'a firewall on the peer lets multicast pass alone', cause: 'offline-sighted', side: 'between' },
      ],
    },
    {
      isLong: true,
      make: () => there.daemon().end(),
      undo: start,
      expected: [{ fault: 'the peer is shut down, without relays', cause: 'offline-goodbye', side: 'there' }],
    },
    {
      isLong: true,
      make: () => phone.unplug(),
      undo: plug,
      expected: [
        { fault: 'the peer’s cable is pulled, without relays', cause: 'offline-relays-disabled', side: 'both' },
        {
          fault: 'this device’s cable is pulled, without relays',
          asked: 'there',
          cause: 'offline-no-network',
          side: 'here',
        },
      ],
    },
    {
      isLong: true,
      make: () => phone.signalAll('SIGSTOP'),
      undo: wake,
      expected: [{ fault: 'the peer is asleep, without relays', cause: 'offline-relays-disabled', side: 'both' }],
    },
  ];
};
