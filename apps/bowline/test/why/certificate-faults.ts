import type { LabHost } from '@bowline/testing/network-lab';
import { type LabRelay, relayOn } from '../lab-devices.ts';
import { temporaryFolder } from '../two-devices.ts';
import type { Fault } from './fault-lab.ts';
import { type LabCertificate, makeCertificate } from './make-certificate.ts';
import type { PairInLab } from './pair-in-lab.ts';

/** Two relays over TLS, of which the devices use both. */
interface CertificateStage {
  /** Of the devices. */
  readonly options: readonly string[];
  faults(pair: PairInLab): readonly Fault[];
}

/** A year of certificates that are not valid yet: to the device they look as those of today do to a clock that is far behind. */
const LATER_YEAR = 2_100;

/** Relays whose certificates are trusted, until others are shown in their place. */
export const certificateStage = async (hosts: readonly [LabHost, LabHost]): Promise<CertificateStage> => {
  const folder = temporaryFolder();
  const make = (name: string, firstYear?: number): readonly LabCertificate[] =>
    hosts.map((host) => makeCertificate(folder, `${name}-${host.name}`, host.address, firstYear));
  const [trusted, strange, early] = [make('trusted'), make('strange'), make('early', LATER_YEAR)];
  const start = (certificates: readonly LabCertificate[]): Promise<readonly LabRelay[]> =>
    Promise.all(hosts.map((host, index) => relayOn(host, certificates[index]?.relayOptions)));
  const relays = await start(trusted);
  const kill = (running: readonly LabRelay[]) => Promise.all(running.map((relay) => relay.kill()));

  const showing = (pair: PairInLab, certificates: readonly LabCertificate[], how: Pick<Fault, 'expected'>): Fault => {
    let others: readonly LabRelay[] = [];
    return {
      make: async () => {
        await kill(relays);
        others = await start(certificates);
      },
      undo: async () => {
        await kill(others);
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
    ],
  };
};
