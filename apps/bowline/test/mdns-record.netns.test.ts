import { fileURLToPath } from 'node:url';
import { derivePairingKeys, parseCode } from '@bowline/pairing-code';
import { describeInLab, type LabHost, oneLan } from '@bowline/testing/network-lab';
import { expect, it } from 'vitest';
import { deviceOn, pairedOn, untilTestEnds } from './lab-devices.ts';
import { linesOf } from './support/lines-of.ts';
import { isConnected, offerCode } from './two-devices.ts';

const AVAHI = fileURLToPath(new URL('./support/avahi.sh', import.meta.url));

/** A service as Avahi resolved it. */
interface Sighting {
  readonly instance: string;
  readonly type: string;
  readonly host: string;
  readonly address: string;
  readonly port: string;
  readonly text: readonly string[];
}

/** Reads what Avahi prints on a host: everything it has said, and waits for a service, or for the end of one. */
const avahiOn = (host: LabHost) => {
  const avahi = host.spawn(AVAHI, [], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { stdout } = avahi;
  if (stdout === null) throw new Error('Avahi has no output');
  const { seen, find } = linesOf(stdout);
  return {
    end: () => void avahi.kill(),
    said: () => seen.join('\n'),
    resolvedAll: () => seen.filter((line) => line.startsWith('=')).map(sightingOf),
    resolved: async (fits: (sighting: Sighting) => boolean): Promise<Sighting> =>
      sightingOf(await find((line) => line.startsWith('=') && fits(sightingOf(line)))),
    gone: (instance: string) => find((line) => line.startsWith('-') && line.includes(instance)),
  };
};

const sightingOf = (line: string): Sighting => {
  const [, , , instance = '', type = '', , host = '', address = '', port = '', text = ''] = line.split(';');
  return { instance, type, host, address, port, text: [...text.matchAll(/"([^"]*)"/g)].map(([, each = '']) => each) };
};

/** How bytes could be written in a record. */
const writingsOf = (bytes: Uint8Array): readonly string[] => {
  const buffer = Buffer.from(bytes);
  return [buffer.toString('hex'), buffer.toString('base64').replace(/=+$/, ''), buffer.toString('base64url')];
};

describeInLab(
  'what an independent reader sees of a device',
  () => {
    it('is its endpoint id, its port and the one-way tag while it offers a code, and nothing else that comes from the code', async () => {
      const hosts = await oneLan(['laptop', 'reader']).then(untilTestEnds);
      const laptop = deviceOn(hosts.laptop, ['--relay', 'disabled']);
      const reader = avahiOn(hosts.reader);
      await laptop.up();
      const { endpointId } = (await laptop.status()).device;
      const offer = await offerCode(laptop);
      const { entropy } = parseCode(offer.words);
      const { lanTag, ...others } = derivePairingKeys(entropy);
      const record = await reader.resolved(({ text }) => text.some((each) => each.startsWith('tag=')));
      expect(record).toMatchObject({ type: '_bowline._udp', address: hosts.laptop.address });
      expect(record.text.toSorted()).toEqual([`id=${endpointId}`, `port=${record.port}`, `tag=${lanTag}`]);

      await offer.command.end();
      await reader.gone(record.instance);
      const said = reader.said().toLowerCase();
      expect(said).toContain(lanTag);
      // Nobody is paired with it: before the code it said nothing.
      expect(reader.resolvedAll().filter(({ text }) => !text.includes(`tag=${lanTag}`))).toEqual([]);
      const values = [entropy, ...Object.values(others)];
      const writings = values.flatMap((value) => (typeof value === 'string' ? [value] : writingsOf(value)));
      expect(writings.filter((writing) => said.includes(writing.toLowerCase()))).toEqual([]);
      expect(said).not.toContain(offer.words);
      expect([record.instance, record.host].join(' ')).not.toContain('laptop');
    });

    it('is the tag of the hour and the port of devices that are paired, which find each other by them', async () => {
      const hosts = await oneLan(['laptop', 'phone', 'reader']).then(untilTestEnds);
      const devices = await pairedOn([hosts.laptop, hosts.phone], ['--relay', 'disabled']);
      // Its id is shown until the other one has been told by what it is known.
      const before = avahiOn(hosts.reader);
      const isTold = ({ address }: LabHost) =>
        before.resolved((sighting) => sighting.address === address && !sighting.text.some((each) => /^id=/.test(each)));
      await Promise.all([hosts.laptop, hosts.phone].map(isTold));
      before.end();
      for (const device of devices) await device.daemon().end();
      const reader = avahiOn(hosts.reader);
      await Promise.all(devices.map((device) => device.up()));
      const statuses = await Promise.all(devices.map((device) => device.statusWhere(isConnected)));
      const records = await Promise.all(
        [hosts.laptop, hosts.phone].map(({ address }) => reader.resolved((sighting) => sighting.address === address)),
      );
      for (const { port, text } of records) {
        expect(text.toSorted()).toEqual([`port=${port}`, expect.stringMatching(/^presence=[0-9a-f]{32}$/)]);
      }
      for (const { device } of statuses) expect(reader.said()).not.toContain(device.endpointId);
    });
  },
  { 'avahi-daemon': 'avahi-daemon', 'avahi-browse': 'avahi-utils', 'dbus-daemon': 'dbus' },
);
