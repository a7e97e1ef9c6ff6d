import type { HomesRoom, LabHost, LabNatKind } from '@bowline/testing/network-lab';
import { type LabRelay, relayOn } from '../lab-devices.ts';
import { allowAllAt, blockUdpAt } from './blocked-udp.ts';
import type { Expectation, Fault } from './fault-lab.ts';
import type { PairInLab } from './pair-in-lab.ts';

/** Where these faults are made: two homes, which are as they are before the devices start. */
interface NetworkStage {
  readonly pair: PairInLab;
  readonly room: HomesRoom<'laptop' | 'phone' | 'relay'>;
  readonly relay: LabRelay;
}

/** What can be wrong with the two networks, before the devices start. */
interface Networks {
  readonly nat?: readonly [LabNatKind, LabNatKind];
  readonly blocked?: readonly ('laptop' | 'phone')[];
  readonly isWithoutObserver?: boolean;
}

const HERE = ['symmetric', 'plain'] as const;
const BOTH = ['symmetric', 'symmetric'] as const;

/** What the devices find when they start. */
export const networkFaults = ({ pair, room, relay }: NetworkStage): readonly Fault[] => {
  const { hosts, setNat } = room;
  const networks = (
    { nat = ['plain', 'plain'], blocked = [], isWithoutObserver = false }: Networks,
    expected: readonly Expectation[],
    isLong = false,
  ): Fault => {
    let silent: LabRelay | undefined;
    const of = (name: 'laptop' | 'phone'): LabHost => hosts[name];
    return {
      isLong,
      make: () =>
        pair.restarted(async () => {
          await setNat(nat);
          await Promise.all(blocked.map((name) => blockUdpAt(of(name))));
          if (!isWithoutObserver) return;
          await relay.kill();
          silent = await relayOn(hosts.relay, ['--observer-port', 'off']);
        }),
      undo: async () => {
        await Promise.all(blocked.map((name) => allowAllAt(of(name))));
        if (!isWithoutObserver) return;
        await silent?.kill();
        await relay.start();
      },
      expected,
    };
  };
  const symmetric = 'relayed-symmetric-nat';
  const udp = 'relayed-udp-blocked';
  const unseen = 'relayed-no-address-discovery';
  return [
    networks({ nat: HERE }, [
      { fault: 'symmetric NAT here', cause: symmetric, side: 'here' },
      { fault: 'symmetric NAT there', asked: 'there', cause: symmetric, side: 'there' },
    ]),
    networks({ nat: BOTH }, [{ fault: 'symmetric NAT here and there', cause: symmetric, side: 'both' }]),
    networks({ blocked: ['laptop', 'phone'] }, [{ fault: 'UDP is blocked here and there', cause: udp, side: 'both' }]),
    networks({ nat: HERE, blocked: ['phone'] }, [
      { fault: 'symmetric NAT here, and UDP is blocked there', cause: udp, side: 'there' },
      { fault: 'UDP is blocked here, and symmetric NAT there', asked: 'there', cause: udp, side: 'here' },
    ]),
    networks(
      { nat: HERE, blocked: ['laptop'] },
      [{ fault: 'symmetric NAT here, and UDP is blocked here, too', cause: udp, side: 'here' }],
      true,
    ),
    networks({ isWithoutObserver: true }, [{ fault: 'the relay has no observer', cause: unseen, side: 'both' }]),
    networks(
      { isWithoutObserver: true },
      [{ fault: 'the connection is new, and the relay has no observer', cause: 'relayed-still-looking', side: null }],
      true,
    ),
    networks(
      { nat: BOTH, isWithoutObserver: true },
      [{ fault: 'symmetric NATs, and the relay has no observer', cause: unseen, side: 'both' }],
      true,
    ),
    networks(
      { blocked: ['laptop'], isWithoutObserver: true },
      [{ fault: 'UDP is blocked here, and the relay has no observer', cause: unseen, side: 'both' }],
      true,
    ),
  ];
};
