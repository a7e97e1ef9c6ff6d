import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { twoHomes } from '@bowline/testing/network-lab';
import { relayOn, untilTestEnds } from '../lab-devices.ts';
import { temporaryFolder } from '../two-devices.ts';
import { blockUdpAt } from './blocked-udp.ts';
import { longStage, nameFaults } from './fault-lab.ts';
import { knowing } from './knowing.ts';
import { makeCertificate } from './make-certificate.ts';
import { pairInLab } from './pair-in-lab.ts';
import { inPlaceOf, keepFromRelays, withoutGateway } from './stand-in-faults.ts';
import { answeringWith, CLOSING, HANGING, SPEAKING } from './stand-ins.ts';

const DOWN = { cause: 'offline-relay-down', side: 'between' } as const;
const PROTOCOL = { cause: 'offline-relay-protocol', side: 'between' } as const;
const UNAVAILABLE = { cause: 'offline-relay-unavailable', side: 'between' } as const;
const UNUSABLE = { cause: 'offline-relays-unusable', side: 'between' } as const;
const NO_ROUTE = { cause: 'offline-no-route', side: 'here' } as const;
const AWAY = { cause: 'offline-away', side: 'there' } as const;

/** The router of the first home. */
const GATEWAY = '192.168.1.1';

/** What stands where a relay was, and what keeps one device from it. */
export const standInStages = (): void => {
  longStage('names what stands in the place of a relay over TLS', async () => {
    const {
      laptop,
      phone,
      relay: middle,
    } = await twoHomes({
      homes: [['laptop'], ['phone']],
      internet: ['relay'],
    }).then(untilTestEnds);
    await blockUdpAt(laptop);
    const folder = temporaryFolder();
    const certificate = makeCertificate(folder, 'relay', middle.address);
    const relay = await relayOn(middle, certificate.relayOptions);
    const pair = await pairInLab([laptop, phone], ['--relay', relay.url, '--no-mdns', '--relay-ca', certificate.file]);
    const stage = { pair, relays: [[relay, middle]] as const };
    await nameFaults(pair, [
      inPlaceOf(
        stage,
        [answeringWith(502, certificate)],
        [
          { fault: 'a web server answers, and the relay behind it is down', ...UNAVAILABLE },
          {
            fault: 'a web server answers, and the relay behind it is down, asked there',
            asked: 'there',
            ...UNAVAILABLE,
          },
        ],
      ),
      inPlaceOf(
        stage,
        [answeringWith(400, certificate)],
        [{ fault: 'the web server before the relay passes no WebSockets on', ...PROTOCOL }],
      ),
      inPlaceOf(stage, [HANGING], [{ fault: 'the relay takes connections, and answers on none', ...DOWN }]),
      inPlaceOf(stage, [CLOSING], [{ fault: 'the relay ends each connection before TLS', ...DOWN }]),
      inPlaceOf(stage, [answeringWith(200)], [{ fault: 'what answers as the relay speaks no TLS', ...PROTOCOL }]),
      inPlaceOf(stage, [SPEAKING], [{ fault: 'another program listens where the relay was', ...PROTOCOL }]),
      keepFromRelays(pair, laptop, 'reject with tcp reset', [
        { fault: 'a firewall here rejects connections to the relay', ...DOWN },
      ]),
      keepFromRelays(pair, laptop, 'reject with icmpx type admin-prohibited', [
        { fault: 'a firewall here says that the relay is prohibited', ...DOWN },
      ]),
      withoutGateway(pair, laptop, GATEWAY, [
        { fault: 'this device has an address, and no gateway', ...NO_ROUTE },
        { fault: 'the peer has an address, and no gateway', asked: 'there', ...AWAY },
      ]),
      {
        make: async () => pair.there.daemon().process.kill('SIGSTOP'),
        undo: async () => {
          pair.there.daemon().process.kill('SIGCONT');
          await pair.connected();
        },
        expected: [{ fault: 'the peer’s program hangs, and its workers go on', ...AWAY }],
      },
    ]);
  });

  longStage('names what stands in the place of two relays', async () => {
    const room = await twoHomes({ homes: [['laptop'], ['phone']], internet: ['first', 'second'] });
    const { laptop, phone, first, second } = untilTestEnds(room);
    await blockUdpAt(laptop);
    const relays = [
      [await relayOn(first), first],
      [await relayOn(second), second],
    ] as const;
    const pair = await pairInLab([laptop, phone], [...relays.flatMap(([{ url }]) => ['--relay', url]), '--no-mdns']);
    const stage = { pair, relays };
    const twice = (program: string): readonly string[] => [program, program];
    const gone = withoutGateway(pair, laptop, GATEWAY, []);
    const noInternet = { cause: 'offline-no-internet', side: 'here' } as const;
    const line = (state: 'down' | 'up') => async () => {
      const back = state === 'up' ? '\nip route replace default via 198.51.100.254' : '';
      await Promise.all([0, 1].map((home) => room.atRouter(home, `ip link set dev wan ${state}${back}`)));
    };
    await nameFaults(pair, [
      inPlaceOf(stage, twice(answeringWith(503)), [
        { fault: 'both relays are full, or down behind web servers', ...UNAVAILABLE },
      ]),
      inPlaceOf(stage, twice(answeringWith(426)), [
        { fault: 'the web servers of both relays pass no WebSockets on', ...PROTOCOL },
      ]),
      inPlaceOf(stage, twice(HANGING), [{ fault: 'both relays take connections, and answer on none', ...DOWN }]),
      inPlaceOf(
        stage,
        [answeringWith(502), null],
        [{ fault: 'one relay is killed, and a web server answers for the other one', ...UNUSABLE }],
      ),
      keepFromRelays(pair, laptop, 'reject with tcp reset', [
        { fault: 'a firewall here rejects connections to both relays', ...DOWN },
      ]),
      keepFromRelays(pair, laptop, 'drop', [
        { fault: 'the network lets devices out through a proxy alone, and none is set', ...noInternet },
        { fault: 'the peer’s network lets devices out through a proxy alone', asked: 'there', ...AWAY },
      ]),
      {
        make: async () => {
          await phone.signalAll('SIGSTOP');
          await gone.make();
        },
        undo: async () => {
          await phone.signalAll('SIGCONT');
          await gone.undo();
        },
        expected: [{ fault: 'the peer is asleep, and this device has no gateway', ...NO_ROUTE }],
      },
      {
        make: line('down'),
        undo: async () => {
          await line('up')();
          await pair.connected();
        },
        expected: [
          { fault: 'the lines of both routers are dead', ...noInternet },
          { fault: 'the lines of both routers are dead, asked there', asked: 'there', ...noInternet },
        ],
      },
    ]);
  });

  longStage('names a relay whose name leads elsewhere', async () => {
    const {
      laptop,
      phone,
      relay: middle,
      other,
    } = await twoHomes({
      homes: [['laptop'], ['phone']],
      internet: ['relay', 'other'],
    }).then(untilTestEnds);
    await blockUdpAt(laptop);
    const hostsFile = join(temporaryFolder(), 'hosts');
    // In place: the file is mounted.
    const lead = (address: string): void => writeFileSync(hostsFile, `127.0.0.1 localhost\n${address} relay.lab\n`);
    lead(middle.address);
    const relay = await relayOn(middle, ['--public-host', 'relay.lab']);
    const within = knowing(hostsFile);
    const pair = await pairInLab([laptop, phone], ['--relay', 'http://relay.lab:3340/', '--no-mdns'], {
      ofHere: { within },
      ofThere: { within },
    });
    /** A relay that is connected stays so: it is started anew, so that it is looked up. */
    const leading = (fault: string, address: string) => ({
      make: async () => {
        lead(address);
        await relay.kill();
        await relay.start();
      },
      undo: async () => {
        lead(middle.address);
        await pair.connected();
      },
      expected: [{ fault, ...DOWN }],
    });
    await nameFaults(pair, [
      leading('the name of the relay leads to another machine', other.address),
      leading('the name of the relay leads nowhere', '198.51.100.77'),
    ]);
  });
};
