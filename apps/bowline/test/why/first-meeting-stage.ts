import { twoHomes } from '@bowline/testing/network-lab';
import { deviceOn, relayOn, untilTestEnds } from '../lab-devices.ts';
import { offerCode, type TestDevice } from '../two-devices.ts';
import { longStage, nameFaults } from './fault-lab.ts';
import { otherRelease } from './other-release.ts';
import { deviceOfPair } from './pair-in-lab.ts';

/** Is gone with the last word of a pairing, before it has met the device it is paired with by then. */
const GONE_ONCE_PAIRED = otherRelease({
  file: '/host/src/wiring/tell-pairings.ts',
  from: 'settled.begin(id);',
  to: "process.kill(process.pid, 'SIGKILL');",
});

/** Two devices that were paired, and have never been connected since. */
export const firstMeetingStage = (): void => {
  longStage('names a device that went when it was paired', async () => {
    const {
      laptop,
      phone,
      relay: middle,
    } = await twoHomes({
      homes: [['laptop'], ['phone']],
      internet: ['relay'],
    }).then(untilTestEnds);
    const { url } = await relayOn(middle);
    const options = ['--relay', url, '--no-mdns'];
    const here = deviceOn(laptop, options);
    await here.up();
    let there: TestDevice | undefined;
    await nameFaults({ here, there: here }, [
      {
        make: async () => {
          there = deviceOfPair(phone, options, { within: GONE_ONCE_PAIRED });
          await there.up();
          const offer = await offerCode(here);
          const [{ event }] = await Promise.all([offer.ended(), there.run('join', offer.words)]);
          if (event !== 'paired') throw new Error('it went before they were paired');
        },
        undo: () => here.run('unpair', 'phone'),
        expected: [
          {
            fault: 'the peer’s processes are killed as soon as it is paired',
            cause: 'offline-never-seen',
            side: 'there',
          },
        ],
      },
    ]);
  });
};
