import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { derivePairingKeys, parseCode } from '@bowline/pairing-code';
import { describeInLab, type LabHost, noDirectPath } from '@bowline/testing/network-lab';
import { expect, it } from 'vitest';
import { deviceOn, relayOn, untilTestEnds } from './lab-devices.ts';
import { isConnected, offerCode, temporaryFolder } from './two-devices.ts';

const RECORDER = fileURLToPath(new URL('./support/recording-relay.ts', import.meta.url));
const PLAIN_DATAGRAM = fileURLToPath(new URL('./support/plain-datagram.ts', import.meta.url));

const RELAY_PORT = '3340';
const RECORDER_PORT = '3341';

/** A relay that keeps all it gets to read and to write. */
const recordingRelayOn = async (host: LabHost) => {
  await relayOn(host);
  const folder = temporaryFolder();
  const args = [RECORDER, RECORDER_PORT, RELAY_PORT, folder];
  const { stdout } = host.spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (stdout === null) throw new Error('the recorder has no output');
  await once(stdout, 'data');
  return {
    url: `http://${host.address}:${RECORDER_PORT}/`,
    /** What clients sent to the relay, and what it sent to them. */
    recorded: (): readonly [Buffer, Buffer] => [
      readFileSync(join(folder, 'to-relay')),
      readFileSync(join(folder, 'from-relay')),
    ],
  };
};

/** Which of these bytes a recording holds. */
const seenIn = (recording: Buffer, wanted: Readonly<Record<string, Uint8Array | string>>): readonly string[] =>
  Object.entries(wanted)
    .filter(([, bytes]) => recording.includes(typeof bytes === 'string' ? bytes : Buffer.from(bytes)))
    .map(([name]) => name);

describeInLab('a relay that records everything', () => {
  it('learns who talks to whom, and nothing of what they say or of their code', async () => {
    const hosts = await noDirectPath({ homes: [['laptop'], ['phone']], internet: ['relay'] }).then(untilTestEnds);
    const relay = await recordingRelayOn(hosts.relay);
    const [laptop, phone] = [
      deviceOn(hosts.laptop, ['--relay', relay.url]),
      deviceOn(hosts.phone, ['--relay', relay.url]),
    ];
    await Promise.all([laptop.up(), phone.up()]);
    const offer = await offerCode(laptop);
    await phone.run('join', offer.words);
    const [atLaptop, atPhone] = await Promise.all([laptop.statusWhere(isConnected), phone.statusWhere(isConnected)]);
    const texts = { toPhone: 'only the phone may read this', toLaptop: 'and this only the laptop' };
    expect((await laptop.run('send', 'phone', texts.toPhone)).exitCode).toBe(0);
    expect((await phone.run('send', 'laptop', texts.toLaptop)).exitCode).toBe(0);

    // The control: what is sent without encryption on the same way is found.
    const plain = 'anybody on the way may read this';
    await hosts.relay.run(process.execPath, PLAIN_DATAGRAM, RECORDER_PORT, plain);

    const { entropy } = parseCode(offer.words);
    const { rendezvousEndpointId, ...secrets } = derivePairingKeys(entropy);
    const known = {
      laptop: Buffer.from(atLaptop.device.endpointId, 'hex'),
      phone: Buffer.from(atPhone.device.endpointId, 'hex'),
      rendezvous: Buffer.from(rendezvousEndpointId, 'hex'),
      plain,
    };
    const names = {
      laptopName: 'laptop',
      phoneName: 'phone',
      laptopId: atLaptop.device.id,
      phoneId: atPhone.device.id,
    };
    const lanTagBytes = Buffer.from(secrets.lanTag, 'hex');
    for (const recording of relay.recorded()) {
      expect(seenIn(recording, known)).toEqual(Object.keys(known));
      expect(seenIn(recording, { ...texts, ...names, words: offer.words, entropy, ...secrets, lanTagBytes })).toEqual(
        [],
      );
    }
  });
});
