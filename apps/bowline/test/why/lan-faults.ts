import type { LabHost } from '@bowline/testing/network-lab';
import { allowAllAt, letMulticastInAlone } from './blocked-udp.ts';
import type { Fault } from './fault-lab.ts';
import type { PairInLab } from './pair-in-lab.ts';
import { recoverThere } from './recover-there.ts';
import { type End, takeMdnsPort } from './serve-on.ts';

/** Where these faults are made: one local network, and relays disabled. */
interface LanStage {
  readonly pair: PairInLab;
  readonly laptop: LabHost;
  readonly phone: LabHost;
}

/** What befalls two devices that only have their local network. */
export const lanFaults = ({ pair, laptop, phone }: LanStage): readonly Fault[] => {
  const { here, there, connected, toldFacts } = pair;
  let endTaker: End | undefined;
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
      make: async () => {
        await here.daemon().end();
        endTaker = await takeMdnsPort(laptop);
        await here.up();
        await phone.signalAll('SIGKILL');
      },
      undo: async () => {
        await here.daemon().end();
        await endTaker?.();
        await here.up();
        await start();
      },
      expected: [
        {
          fault: 'the peer’s processes are killed, and another program here has the port of mDNS, without relays',
          cause: 'offline-mdns-failing',
          side: 'here',
        },
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
      make: async () => {
        await toldFacts();
        await phone.unplug();
      },
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
      make: async () => {
        await toldFacts();
        await phone.signalAll('SIGSTOP');
      },
      undo: wake,
      expected: [{ fault: 'the peer is asleep, without relays', cause: 'offline-relays-disabled', side: 'both' }],
    },
  ];
};
