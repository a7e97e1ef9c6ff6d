import type { LabHost } from '@bowline/testing/network-lab';
import { type LabRelay, relayOn } from '../lab-devices.ts';
import { temporaryFolder } from '../two-devices.ts';
import type { Fault } from './fault-lab.ts';
import { type LabCertificate, makeCertificate } from './make-certificate.ts';
import type { PairInLab } from './pair-in-lab.ts';
import { type End, serveOn } from './serve-on.ts';

/** Two relays over TLS, of which the devices use both. */
interface CertificateStage {
  /** Of the devices. */
  readonly options: readonly string[];
  faults(pair: PairInLab): readonly Fault[];
}

/** A year of certificates that are not valid yet: to the device they look as those of today do to a clock that is far behind. */
const LATER_YEAR = 2_100;

/** What shows a certificate where a relay was: a relay itself refuses to start with one that nobody can trust. */
export const showingProgram = (certificate: LabCertificate | undefined): string => {
  const file = (name: string): string => `require('node:fs').readFileSync(${JSON.stringify(name)})`;
  const { file: cert = '', keyFile = '' } = certificate ?? {};
  return `require('node:https').createServer({ cert: ${file(cert)}, key: ${file(keyFile)} }).listen(3340, () => process.stdout.write('listening'))`;
};

/** Relays whose certificates are trusted, until others are shown in their place. */
export const certificateStage = async (hosts: readonly [LabHost, LabHost]): Promise<CertificateStage> => {
  const folder = temporaryFolder();
  const make = (name: string, firstYear = 2_020): readonly LabCertificate[] =>
    hosts.map((host) => makeCertificate(folder, `${name}-${host.name}`, host.address, { firstYear }));
  const [trusted, strange, early] = [make('trusted'), make('strange'), make('early', LATER_YEAR)];
  const relays: readonly LabRelay[] = await Promise.all(
    hosts.map((host, index) => relayOn(host, trusted[index]?.relayOptions)),
  );

  const showing = (pair: PairInLab, certificates: readonly LabCertificate[], how: Pick<Fault, 'expected'>): Fault => {
    let ends: readonly End[] = [];
    return {
      make: async () => {
        await Promise.all(relays.map((relay) => relay.kill()));
        ends = await Promise.all(
          hosts.map((host, index) => serveOn(host, showingProgram(certificates[index] ?? certificates[0]))),
        );
      },
      undo: async () => {
        await Promise.all(ends.map((end) => end()));
        await Promise.all(relays.map((relay) => relay.start()));
        await pair.connected();
      },
      ...how,
    };
  };

  const authorities = [...trusted, ...early].flatMap(({ file }) => ['--relay-ca', file]);
  return {
    options: [...relays.flatMap(({ url }) => ['--relay', url]), '--no-mdns', ...authorities],
    faults: (pair) => [
      showing(pair, strange, {
        expected: [
          {
            fault: 'relays show certificates that are not trusted',
            cause: 'offline-relay-certificate',
            side: 'between',
          },
        ],
      }),
      showing(pair, early, {
        expected: [{ fault: 'the clock is far behind the relays’ certificates', cause: 'offline-clock', side: 'here' }],
      }),
      showing(pair, [...early.slice(0, 1), ...strange.slice(1)], {
        expected: [
          {
            fault: 'the clock is far behind the certificate of one relay, and the other one’s is not trusted',
            cause: 'offline-relays-unusable',
            side: 'between',
          },
        ],
      }),
    ],
  };
};
