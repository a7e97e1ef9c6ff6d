import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { twoHomes } from '@bowline/testing/network-lab';
import { relayOn, untilTestEnds } from '../lab-devices.ts';
import { temporaryFolder } from '../two-devices.ts';
import { blockUdpAt } from './blocked-udp.ts';
import { showingProgram } from './certificate-faults.ts';
import { longStage, nameFaults } from './fault-lab.ts';
import { knowing } from './knowing.ts';
import { makeCertificate } from './make-certificate.ts';
import { pairInLab } from './pair-in-lab.ts';
import { type End, servePage } from './serve-on.ts';
import { inPlaceOf } from './stand-in-faults.ts';

const CERTIFICATE = { cause: 'offline-relay-certificate', side: 'between' } as const;

const NAMES = ['relay.lab', 'second.lab'] as const;

/** Relays whose certificates or names are not right. The short form makes nothing. */
export const relayNameStages = (): void => {
  longStage('names a certificate that has expired, or is of another machine', async () => {
    const hosts = await twoHomes({ homes: [['laptop'], ['phone']], internet: ['relay'] }).then(untilTestEnds);
    const { laptop, phone, relay: middle } = hosts;
    await blockUdpAt(laptop);
    const folder = temporaryFolder();
    const make = (name: string, address = middle.address, years = {}) => makeCertificate(folder, name, address, years);
    const [good, expired, other] = [
      make('good'),
      make('expired', middle.address, { lastYear: 2_024 }),
      make('other', laptop.address),
    ];
    const relay = await relayOn(middle, good.relayOptions);
    const authorities = [good, expired, other].flatMap(({ file }) => ['--relay-ca', file]);
    const pair = await pairInLab([laptop, phone], ['--relay', relay.url, '--no-mdns', ...authorities]);
    const stage = { pair, relays: [[relay, middle]] as const };
    await nameFaults(pair, [
      inPlaceOf(stage, [showingProgram(expired)], [{ fault: 'the relay’s certificate has expired', ...CERTIFICATE }]),
      inPlaceOf(
        stage,
        [showingProgram(other)],
        [{ fault: 'the relay shows a certificate of another machine', ...CERTIFICATE }],
      ),
    ]);
  });

  longStage('names a network whose name server lies', async () => {
    const { laptop, phone, first, second, portal } = await twoHomes({
      homes: [['laptop'], ['phone']],
      internet: ['first', 'second', 'portal'],
    }).then(untilTestEnds);
    await blockUdpAt(laptop);
    const hostsFile = join(temporaryFolder(), 'hosts');
    // In place: the file is mounted.
    const lead = (...addresses: readonly string[]): void => {
      const names = NAMES.map((name, index) => (addresses[index] === undefined ? '' : `${addresses[index]} ${name}\n`));
      writeFileSync(hostsFile, `127.0.0.1 localhost\n${names.join('')}`);
    };
    const leadRight = (): void => lead(first.address, second.address);
    leadRight();
    const relays = [
      await relayOn(first, ['--public-host', NAMES[0]]),
      await relayOn(second, ['--public-host', NAMES[1]]),
    ] as const;
    const pair = await pairInLab(
      [laptop, phone],
      [...NAMES.flatMap((name) => ['--relay', `http://${name}:3340/`]), '--no-mdns'],
      {
        ofHere: { within: knowing(hostsFile) },
        ofThere: { within: ['sh', '-c', `cp ${hostsFile} ${hostsFile}.there && ${bindMount(hostsFile)}`, 'sh'] },
      },
    );
    /** A relay that is connected stays so: each is started anew, so that it is looked up. */
    const anew = () =>
      Promise.all(
        relays.map(async (relay) => {
          await relay.kill();
          await relay.start();
        }),
      );
    let endPage: End | undefined;
    await nameFaults(pair, [
      {
        make: async () => lead(),
        undo: async () => leadRight(),
        expected: [
          {
            fault: 'UDP is blocked here, and no name is found any more while the connection stands',
            cause: 'relayed-udp-blocked',
            side: 'here',
          },
        ],
      },
      {
        make: async () => {
          endPage = await servePage(portal);
          lead(portal.address, portal.address);
          await anew();
        },
        undo: async () => {
          await endPage?.();
          leadRight();
          await pair.connected();
        },
        expected: [
          {
            fault: 'the name server of the network leads every name to a page',
            cause: 'offline-captive-network',
            side: 'here',
          },
          {
            fault: 'the name server of the peer’s network leads every name to a page',
            asked: 'there',
            cause: 'offline-away',
            side: 'there',
          },
        ],
      },
    ]);
  });
};

/** Mounts a copy of the names as they are at the beginning: of another network, they stay right. */
const bindMount = (hostsFile: string): string => `mount --bind ${hostsFile}.there /etc/hosts && exec "$@"`;
