import type { HomesRoom } from '@bowline/testing/network-lab';
import { expect, vi } from 'vitest';
import type { LabRelay } from '../lab-devices.ts';
import { captiveRouter } from './captive-router.ts';
import type { Fault } from './fault-lab.ts';
import type { PairInLab } from './pair-in-lab.ts';
import { recoverThere } from './recover-there.ts';

/** Where these faults are made: two homes, two relays that both devices use, and no UDP out of the first home. */
interface TwoRelayStage {
  readonly pair: PairInLab;
  readonly room: HomesRoom<'laptop' | 'phone' | 'relay' | 'second' | 'portal'>;
  readonly relays: readonly [LabRelay, LabRelay];
}

/** Longest time until a device has told the other one where it is found. */
const TOLD_WITHIN_MS = 60_000;

/** The line to the internet is dead, behind a router that stands. */
const LINE_DOWN = 'ip link set dev wan down';
const LINE_UP = 'ip link set dev wan up\nip route replace default via 198.51.100.254';

/** What keeps a device from all of its relays, or from the one the other device is on. */
export const twoRelayFaults = ({ pair, room, relays }: TwoRelayStage): readonly Fault[] => {
  const { hosts, atRouter } = room;
  const { here, there, connected } = pair;
  const [first, second] = relays;
  const { start, wake } = recoverThere(pair, hosts.phone);
  const { enclose, signIn } = captiveRouter(room, 0, hosts.portal);
  const setBoth = () =>
    Promise.all([here, there].map((device) => device.run('relay', 'set', ...relays.map(({ url }) => url))));
  /** Which relay the phone has told the laptop first. */
  const relayThere = async (): Promise<unknown> => {
    const { lines } = await here.run('devices');
    const [line] = lines as { readonly devices: readonly { readonly homeRelayUrl: string | null }[] }[];
    return line?.devices[0]?.homeRelayUrl;
  };
  let killed = second;
  const away = 'offline-away';
  const captive = 'offline-captive-network';
  return [
    {
      make: enclose,
      undo: async () => {
        await signIn();
        await connected();
      },
      expected: [
        { fault: 'the network wants a sign-in first', cause: captive, side: 'here' },
        { fault: 'the peer’s network wants a sign-in first', asked: 'there', cause: away, side: 'there' },
      ],
    },
    {
      make: async () => {
        await hosts.phone.signalAll('SIGKILL');
        await enclose();
      },
      undo: async () => {
        await signIn();
        await start();
      },
      expected: [
        {
          fault: 'the peer’s processes are killed, and the network wants a sign-in first',
          cause: captive,
          side: 'here',
        },
      ],
    },
    {
      make: () => atRouter(0, LINE_DOWN),
      undo: async () => {
        await atRouter(0, LINE_UP);
        await connected();
      },
      expected: [
        { fault: 'the line of the router is dead', cause: 'offline-no-internet', side: 'here' },
        { fault: 'the line of the peer’s router is dead', asked: 'there', cause: away, side: 'there' },
      ],
    },
    {
      make: () => Promise.all(relays.map((relay) => relay.kill())),
      undo: async () => {
        await Promise.all(relays.map((relay) => relay.start()));
        await connected();
      },
      expected: [{ fault: 'both relays are killed', cause: 'offline-relay-down', side: 'between' }],
    },
    {
      make: async () => {
        killed = (await relayThere()) === first.url ? second : first;
        await hosts.phone.signalAll('SIGSTOP');
        await killed.kill();
      },
      undo: async () => {
        await killed.start();
        await wake();
      },
      expected: [{ fault: 'the peer is asleep, and one of its two relays is killed', cause: away, side: 'there' }],
    },
    {
      make: async () => {
        await here.run('relay', 'set', first.url);
        // A device that sleeps before it has told its relays is sought where it was. One that changes is told, at the latest.
        for (const { url } of relays) {
          await there.run('relay', 'set', url);
          await vi.waitFor(async () => expect(await relayThere()).toBe(url), { timeout: TOLD_WITHIN_MS });
        }
        await connected();
        await hosts.phone.signalAll('SIGSTOP');
        await second.kill();
      },
      undo: async () => {
        await second.start();
        await wake();
        await setBoth();
        await connected();
      },
      expected: [
        {
          fault: 'the peer is asleep, and its relay, another one, is killed',
          cause: 'offline-their-relay-down',
          side: 'between',
        },
      ],
    },
    {
      make: async () => {
        await there.daemon().end();
        await enclose();
      },
      undo: async () => {
        await signIn();
        await start();
      },
      expected: [
        {
          fault: 'the peer is shut down, and the network wants a sign-in first',
          cause: 'offline-goodbye',
          side: 'there',
        },
      ],
    },
  ];
};
