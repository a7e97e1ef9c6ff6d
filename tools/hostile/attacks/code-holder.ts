import { acceptFrame, confirmFrame } from '@bowline/pairing-protocol';
import type { Attack } from '../attack.ts';
import { ledger } from '../raw/ledger.ts';
import { pause } from './assault.ts';
import { CARD, FRAME_MS, welcomed } from './true-handshake.ts';

/** Ten seconds: one that is not stored by then never is. */
const LOOKS = 200;
const LOOK_MS = 50;

/**
 * Holds the code and keeps every rule, so it must get in, and be told the device's name. Were it kept out, the others
 * would be kept out for want of the protocol and not of the code, and the checks of them would prove nothing.
 */
export const codeHolder: Attack = {
  name: 'holder of the code, who gets in',
  initiator: 'announced',
  policy: 'accept',
  limitMs: { short: 20_000, full: 20_000 },
  run: async (scene) => {
    const { initiator, offer, breach, tally } = scene;
    const told = ledger();
    const { mallory, connection, finish } = await welcomed(scene, offer, told);
    await connection.send(finish);
    await connection.send(acceptFrame());
    if ((await connection.nextFrame(FRAME_MS)) === null) breach('the initiator did not accept who holds the code');
    await connection.send(confirmFrame({ relayUrls: [], directAddresses: [] }));
    if ((await connection.nextFrame(FRAME_MS)) === null) breach('the initiator did not confirm who holds the code');
    connection.close('done');
    let stored = await initiator.call('devices');
    for (let looks = 0; looks < LOOKS && stored.length === 0; looks += 1) {
      await pause(LOOK_MS);
      stored = await initiator.call('devices');
    }
    const isIn = stored.some(({ name, endpointId }) => name === CARD.name && endpointId === mallory.endpointId);
    if (isIn) tally('got in');
    else breach('who holds the code and keeps the rules was not stored: the attacks do not speak the protocol');
    if (!told.holds(Buffer.from(initiator.name))) breach('what an attacker is told is not seen');
    return 'code is spent';
  },
};
