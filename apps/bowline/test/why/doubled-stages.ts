import { twoHomes } from '@bowline/testing/network-lab';
import { expect, vi } from 'vitest';
import { relayOn, untilTestEnds } from '../lab-devices.ts';
import { blockUdpAt } from './blocked-udp.ts';
import { longStage, nameFaults } from './fault-lab.ts';
import { pairInLab } from './pair-in-lab.ts';
import { recoverThere } from './recover-there.ts';
import { smallDisk } from './small-disk.ts';

/** Longest time until a device has told the other one where it is found. */
const TOLD_WITHIN_MS = 60_000;

/** One thing wrong on each side, or two on one. */
export const doubledStages = (): void => {
  longStage('names what is wrong here while the other device is away', async () => {
    const {
      laptop,
      phone,
      relay: middle,
    } = await twoHomes({
      homes: [['laptop'], ['phone', 'nearby']],
      internet: ['relay'],
    }).then(untilTestEnds);
    await blockUdpAt(laptop);
    const relay = await relayOn(middle);
    const disk = smallDisk(16);
    const pair = await pairInLab([laptop, phone], ['--relay', relay.url, '--no-mdns'], {
      ofHere: { folder: disk.folder },
    });
    const { here, there, connected } = pair;
    const { wake } = recoverThere(pair, phone);
    const { device } = await there.status();
    let strict: Awaited<ReturnType<typeof relayOn>> | undefined;
    await nameFaults(pair, [
      {
        make: async () => {
          disk.fill();
          await there.run('send', 'laptop', 'x'.repeat(30_000));
          await phone.signalAll('SIGSTOP');
        },
        undo: async () => {
          disk.free();
          await wake();
          await here.run('note', 'phone', 'there is room');
        },
        expected: [
          { fault: 'the peer is asleep, and the disk of this device is full', cause: 'offline-away', side: 'there' },
          {
            fault: 'the disk of this device is full, and the peer is asleep',
            isBeside: true,
            cause: 'store-failing',
            side: 'here',
          },
        ],
      },
      {
        make: () => here.run('permissions', 'phone', '--through-relays', 'deny'),
        undo: async () => {
          await here.run('permissions', 'phone', '--through-relays', 'allow');
          await connected();
        },
        expected: [
          { fault: 'relays may not be used for the peer', cause: 'offline-relays-denied', side: 'here' },
          { fault: 'relays may not be used for this device', asked: 'there', cause: 'offline-away', side: 'there' },
        ],
      },
      {
        make: async () => {
          await relay.kill();
          strict = await relayOn(middle, ['--deny', device.endpointId]);
        },
        undo: async () => {
          await strict?.kill();
          await relay.start();
          await connected();
        },
        expected: [
          { fault: 'the relay lets the peer in no more', cause: 'offline-away', side: 'there' },
          {
            fault: 'the relay lets this device in no more',
            asked: 'there',
            cause: 'offline-relay-refuses-here',
            side: 'here',
          },
        ],
      },
    ]);
  });

  longStage('names a relay that only the other device may use', async () => {
    const {
      laptop,
      phone,
      nearby,
      relay: middle,
    } = await twoHomes({
      homes: [['laptop'], ['phone', 'nearby']],
      internet: ['relay'],
    }).then(untilTestEnds);
    await blockUdpAt(laptop);
    const [relay, ofTheirs] = [await relayOn(middle), await relayOn(nearby)];
    const pair = await pairInLab([laptop, phone], ['--relay', relay.url, '--no-mdns']);
    const { here, there, connected } = pair;
    const { wake } = recoverThere(pair, phone);
    const relayThere = async (): Promise<unknown> => {
      const { lines } = await here.run('devices');
      const [line] = lines as { readonly devices: readonly { readonly homeRelayUrl: string | null }[] }[];
      return line?.devices[0]?.homeRelayUrl;
    };
    await nameFaults(pair, [
      {
        make: async () => {
          await there.run('relay', 'set', ofTheirs.url);
          await vi.waitFor(async () => expect(await relayThere()).toBe(ofTheirs.url), { timeout: TOLD_WITHIN_MS });
          await phone.signalAll('SIGSTOP');
        },
        undo: async () => {
          await wake();
          await there.run('relay', 'set', relay.url);
          await connected();
        },
        expected: [
          {
            fault: 'the peer is asleep, and its relay is one in its own network',
            cause: 'offline-their-relay-not-configured',
            side: 'here',
          },
        ],
      },
    ]);
  });
};
