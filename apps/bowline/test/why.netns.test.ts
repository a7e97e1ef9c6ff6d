import { describeInLab, oneLan, twoHomes } from '@bowline/testing/network-lab';
import { relayOn, untilTestEnds } from './lab-devices.ts';
import { allowAllAt, blockUdpAt, letMulticastInAlone, refuseAt } from './why/blocked-udp.ts';
import { connectedFaults } from './why/connected-faults.ts';
import { doubledStages } from './why/doubled-stages.ts';
import { everydayStages } from './why/everyday-stages.ts';
import { nameFaults, stage } from './why/fault-lab.ts';
import { firstMeetingStage } from './why/first-meeting-stage.ts';
import { lanFaults } from './why/lan-faults.ts';
import { localStages } from './why/local-stages.ts';
import { longStages } from './why/long-stages.ts';
import { networkFaults } from './why/network-faults.ts';
import { otherNetworkStages } from './why/other-network-stages.ts';
import { pairInLab } from './why/pair-in-lab.ts';
import { relayNameStages } from './why/relay-name-stages.ts';
import { relayedFaults } from './why/relayed-faults.ts';
import { standInStages } from './why/stand-in-stages.ts';
import { tcpStages } from './why/tcp-stages.ts';
import { unevenStages } from './why/uneven-stages.ts';

const homes = () => twoHomes({ homes: [['laptop'], ['phone']], internet: ['relay'] });

const options = (url: string): readonly string[] => ['--relay', url, '--no-mdns'];

describeInLab('why a device is connected as it is', () => {
  stage('names what befalls a direct connection', async () => {
    const { laptop, phone, relay: middle } = await homes().then(untilTestEnds);
    const relay = await relayOn(middle);
    const pair = await pairInLab([laptop, phone], options(relay.url));
    await nameFaults(pair, connectedFaults({ pair, laptop, phone, relay }));
  });

  stage('names what befalls the relay of a device whose UDP is blocked', async () => {
    const { laptop, phone, relay: middle } = await homes().then(untilTestEnds);
    await blockUdpAt(laptop);
    const relay = await relayOn(middle);
    const pair = await pairInLab([laptop, phone], options(relay.url));
    await nameFaults(pair, relayedFaults({ pair, phone, middle, relay }));
  });

  stage('names what is wrong with the networks of both', async () => {
    const room = await homes();
    untilTestEnds(room);
    const { laptop, phone, relay: middle } = room.hosts;
    const relay = await relayOn(middle);
    const pair = await pairInLab([laptop, phone], options(relay.url));
    await nameFaults(pair, networkFaults({ pair, room, relay }));
  });

  stage('names a device that keeps to its own machine', async () => {
    const room = await homes();
    untilTestEnds(room);
    const { laptop, phone, relay: middle } = room.hosts;
    const { url } = await relayOn(middle);
    const pair = await pairInLab([laptop, phone], options(url), {
      ofThere: { options: ['--bind', '127.0.0.1'] },
    });
    const cause = 'relayed-bound-to-loopback';
    await nameFaults(pair, [
      {
        make: pair.connected,
        undo: async () => undefined,
        expected: [
          { fault: 'the peer is bound to its own machine', cause, side: 'there' },
          { fault: 'this device is bound to its own machine', asked: 'there', cause, side: 'here' },
        ],
      },
      {
        isLong: true,
        make: () => pair.restarted(() => room.setNat(['symmetric', 'plain'])),
        undo: () => pair.restarted(() => room.setNat(['plain', 'plain'])),
        expected: [{ fault: 'symmetric NAT here, and the peer is bound to its own machine', cause, side: 'there' }],
      },
    ]);
  });

  stage('names a router that keeps its devices apart', async () => {
    const {
      laptop,
      phone,
      relay: middle,
    } = await twoHomes({
      homes: [['laptop', 'phone'], ['other']],
      internet: ['relay'],
    }).then(untilTestEnds);
    const apart = () => refuseAt(laptop, phone.address);
    await apart();
    const { url } = await relayOn(middle);
    const pair = await pairInLab([laptop, phone], options(url));
    await nameFaults(pair, [
      {
        make: pair.connected,
        undo: async () => undefined,
        expected: [{ fault: 'the router keeps its devices apart', cause: 'relayed-same-router', side: 'between' }],
      },
      {
        isLong: true,
        make: () => pair.restarted(() => blockUdpAt(phone)),
        undo: () => pair.restarted(() => allowAllAt(phone)),
        expected: [
          {
            fault: 'the router keeps its devices apart, and UDP is blocked there',
            cause: 'relayed-udp-blocked',
            side: 'there',
          },
        ],
      },
    ]);
  });

  stage('names what befalls devices without relays on one local network', async () => {
    const { laptop, phone } = await oneLan(['laptop', 'phone']).then(untilTestEnds);
    const pair = await pairInLab([laptop, phone], ['--relay', 'disabled']);
    await nameFaults(pair, lanFaults({ pair, laptop, phone }));
  });

  stage('names a direct path over the local network, and a firewall beside a relay', async () => {
    const { laptop, phone, relay: middle } = await oneLan(['laptop', 'phone', 'relay']).then(untilTestEnds);
    const { url } = await relayOn(middle);
    const pair = await pairInLab([laptop, phone], options(url));
    await nameFaults(pair, [
      {
        make: pair.connected,
        undo: async () => undefined,
        expected: [{ fault: 'none: one local network', cause: 'direct-lan', side: null }],
      },
      {
        isLong: true,
        make: () => pair.restarted(() => letMulticastInAlone(phone)),
        undo: () => pair.restarted(() => allowAllAt(phone)),
        expected: [
          {
            fault: 'a firewall on the peer lets no UDP in, beside a relay',
            cause: 'relayed-udp-blocked',
            side: 'there',
          },
        ],
      },
    ]);
  });

  longStages();
  localStages();
  standInStages();
  otherNetworkStages();
  firstMeetingStage();
  doubledStages();
  unevenStages();
  everydayStages();
  relayNameStages();
  tcpStages();
});
