import type { DeviceId, HostEvent, Logger, PeerDevice, Random, RelayUrl } from '@bowline/contracts';
import { type FakeEndpointNetwork, fakeEndpointNetwork, seededRandom } from '@bowline/testing';
import { Device } from './device.ts';
import { someFault } from './faults.ts';
import { HouseholdStage } from './household-stage.ts';
import { type LocalNetworks, localNetworks } from './local-networks.ts';
import { type MessageKind, MessageLedger } from './message-ledger.ts';
import { PairWatch } from './pair-watch.ts';
import type { Plant } from './plant.ts';
import { Reaches } from './reach.ts';
import type { RelayCloud } from './relay-cloud.ts';
import { StreamLedger } from './stream-ledger.ts';
import { type StreamTraffic, streamTraffic } from './stream-traffic.ts';
import { Timeline } from './timeline.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What a household is made of. */
export interface HouseholdComponents {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly cloud: RelayCloud;
  /** The relays that there are. */
  readonly relayUrls: readonly RelayUrl[];
  readonly plant: Plant | null;
  readonly onBreach: (what: string) => void;
}

/** Between two faults, on average, milliseconds: each household has its own weather, from a storm to hours of peace. */
const FAULT_EVERY_MS = { least: 300_000, most: 18_000_000 } as const;

/** Between two messages from one device to another, on average, milliseconds. */
const MESSAGE_EVERY_MS = 900_000;

/** Between two streams of two devices, on average, milliseconds: each keeps their link in use for two minutes. */
const STREAM_EVERY_MS = 10_800_000;

/** Between two looks at everything, beside those after each fault, milliseconds. */
const CHECK_EVERY_MS = 10_000;

/** Paired for so long that nothing of it is under way any more, milliseconds. */
const PAIRED_BEFORE_MS = 86_400_000;

/** The devices of one person: what happens to them, and what must be true of them all the time. */
export class Household {
  readonly timeline = new Timeline();
  readonly devices: readonly Device[];
  readonly watches: readonly PairWatch[];
  faultCount = 0;
  connectionCount = 0;
  readonly ledger: MessageLedger;
  readonly streams: StreamLedger;
  readonly #traffic: StreamTraffic;
  readonly #components: HouseholdComponents;
  readonly #network: FakeEndpointNetwork;
  readonly #lans: LocalNetworks;
  readonly #reaches: Reaches;
  readonly #stage: HouseholdStage;
  readonly #faultEveryMs: number;

  constructor(components: HouseholdComponents) {
    const { time, random, cloud, relayUrls } = components;
    this.#components = components;
    this.#network = fakeEndpointNetwork({ clock: time });
    this.#lans = localNetworks(time);
    this.ledger = new MessageLedger((what) => this.#breach(what));
    this.streams = new StreamLedger((what) => this.#breach(what));
    this.#traffic = streamTraffic({ random, ledger: this.streams, nowMs: time.monotonicMs });
    const { least, most } = FAULT_EVERY_MS;
    this.#faultEveryMs = least * (most / least) ** random.ratio();
    const kind = random.ratio();
    const own = kind < 0.5 ? [] : relayUrls.slice(0, kind < 0.8 ? 1 : 2);
    const size = random.ratio();
    const count = size < 0.6 ? 2 : size < 0.85 ? 3 : 4;
    this.devices = Array.from({ length: count }, (_, number) => this.#newDevice(number, own));
    const stations = this.devices.map(({ station }) => station);
    this.#reaches = new Reaches({ network: this.#network, cloud, relayUrls: own }, stations, (one, other, reach) => {
      const hasWay = reach.isDirect || reach.isRelayed;
      const watch = this.#watchOf(this.#deviceAt(one.endpointId), this.#deviceAt(other.endpointId));
      this.timeline.note(time.monotonicMs(), watch?.name ?? '', hasWay ? wayOf(reach) : 'no way');
      if (hasWay) watch?.disturb(time.monotonicMs(), this.#stage.isNoticed);
    });
    const [hub, ...others] = this.devices;
    this.watches = others.map((other) => this.#newWatch(hub as Device, other));
    this.#stage = new HouseholdStage({
      ...components,
      devices: this.devices,
      watches: this.watches,
      network: this.#network,
      lans: this.#lans,
      reaches: this.#reaches,
      ledger: this.ledger,
      streams: this.streams,
      note: (who, what) => this.timeline.note(this.#nowMs, who, what),
    });
  }

  /** Everybody is at home, paired, and starts. */
  begin(): void {
    for (const { station } of this.devices) station.place = this.#stage.places.home;
    for (const { one, other } of this.watches) {
      one.disk.devices.set(other.id, recordOf(other, this.#components.time));
      other.disk.devices.set(one.id, recordOf(one, this.#components.time));
    }
    this.#reaches.reviewAll();
    for (const device of this.devices) {
      this.#after(this.#components.random.ratio() * 5_000, () => this.#stage.start(device));
    }
    for (const watch of this.watches) {
      this.#messageLater(watch.one, watch.other, watch);
      this.#messageLater(watch.other, watch.one, watch);
      this.#streamLater(watch);
    }
    this.#faultLater();
    this.#checkLater();
  }

  check(): void {
    for (const watch of this.watches) {
      watch.checkBlocked(this.#nowMs);
      if (!this.#stage.isPairing(watch)) watch.check(this.#nowMs);
    }
  }

  /** How long devices have run, all together, milliseconds. */
  get upMs(): number {
    return this.devices.reduce((sum, device) => sum + device.upMs(this.#nowMs), 0);
  }

  get pairingCount(): number {
    return this.#stage.pairingCount;
  }

  get #nowMs(): number {
    return this.#components.time.monotonicMs();
  }

  #breach(what: string): void {
    this.timeline.note(this.#nowMs, 'BREACH', what);
    this.#components.onBreach(what);
  }

  #after(delayMs: number, action: () => void): void {
    this.#components.time.setTimer(delayMs, action);
  }

  #newDevice(number: number, relayUrls: readonly RelayUrl[]): Device {
    const { time, random, cloud, plant } = this.#components;
    const device: Device = new Device(
      {
        number,
        random: seededRandom(Math.floor(random.ratio() * 2 ** 32)),
        machine: time.machine(),
        elapsedMs: time.monotonicMs,
        logger: loggerOf((what) => this.timeline.note(this.#nowMs, device.name, what)),
        network: this.#network,
        lans: this.#lans,
        cloud,
        relayUrls,
        plant,
        onEvent: (event) => this.#heard(device, event),
        disk: {
          onStored: (_from, payload) => this.ledger.stored(textOf(payload)),
          onReleased: (payload) => this.ledger.released(textOf(payload)),
        },
        onHandedOver: (from, text) => {
          this.ledger.handedOver(text, this.#stage.mayRepeat(device, from));
        },
        onStarted: (host) => this.#traffic.serve(device, host),
        onLoginsChanged: () => this.#reaches.review(device.station),
      },
      random.bytes(32),
    );
    return device;
  }

  #newWatch(one: Device, other: Device): PairWatch {
    return new PairWatch(one, other, {
      network: this.#network,
      reachOf: (a, b) => this.#reaches.of(a.station, b.station),
      ledger: this.ledger,
      streams: this.streams,
      breach: (what) => this.#breach(what),
    });
  }

  #heard(device: Device, event: HostEvent): void {
    const peer = 'deviceId' in event && event.deviceId !== null ? this.#deviceOf(event.deviceId) : undefined;
    const watch = peer === undefined ? undefined : this.#watchOf(device, peer);
    if (event.event === 'device.connected' || event.event === 'device.disconnected') {
      const isConnected = event.event === 'device.connected';
      if (isConnected) this.connectionCount += 1;
      watch?.told(device, isConnected, this.#nowMs);
    }
    if (event.event === 'device.connected' || event.event === 'device.pathChanged') {
      watch?.toldPath(device, event.path?.kind ?? null);
    }
    // With a device that is forgotten its link goes, too, and nothing more is told of it.
    if (event.event === 'device.removed') watch?.silenced(device);
    const line = lineOf(event, peer?.name ?? '');
    if (line !== null) this.timeline.note(this.#nowMs, device.name, line);
  }

  #deviceOf(id: DeviceId): Device | undefined {
    return this.devices.find((device) => device.id === id);
  }

  #deviceAt(endpointId: string): Device {
    return this.devices.find((device) => device.endpointId === endpointId) as Device;
  }

  #watchOf(one: Device, other: Device): PairWatch | undefined {
    return this.watches.find((watch) => [watch.one, watch.other].every((each) => each === one || each === other));
  }

  #checkLater(): void {
    this.#after(CHECK_EVERY_MS, () => {
      this.check();
      this.#checkLater();
    });
  }

  #faultLater(): void {
    const { random } = this.#components;
    this.#after(-Math.log(1 - random.ratio()) * this.#faultEveryMs, () => {
      const fault = someFault(random);
      const { about, lastsMs } = fault.begin(this.#stage);
      this.timeline.note(this.#nowMs, 'FAULT', `${fault.name}: ${about}${lastsMs > 0 ? `, for ${lastsMs} ms` : ''}`);
      this.faultCount += 1;
      this.check();
      this.#faultLater();
    });
  }

  #messageLater(from: Device, to: Device, watch: PairWatch): void {
    const { random } = this.#components;
    this.#after(-Math.log(1 - random.ratio()) * MESSAGE_EVERY_MS, () => {
      const isPossible =
        from.host !== null && !from.station.isAsleep && watch.isPaired && !this.#stage.isPairing(watch);
      if (isPossible) this.#send(from, to, random.ratio() < 0.7 ? 'kept' : 'passing');
      this.#messageLater(from, to, watch);
    });
  }

  #streamLater(watch: PairWatch): void {
    const { random } = this.#components;
    this.#after(-Math.log(1 - random.ratio()) * STREAM_EVERY_MS, () => {
      const [from, to] = random.ratio() < 0.5 ? [watch.one, watch.other] : [watch.other, watch.one];
      if (!from.station.isAsleep && watch.isPaired && !this.#stage.isPairing(watch)) void this.#traffic.carry(from, to);
      this.#streamLater(watch);
    });
  }

  #send(from: Device, to: Device, kind: MessageKind): void {
    const { host } = from;
    if (host === null) return;
    const { text, confirm } = this.ledger.begin(from.name, to.name, kind, this.#nowMs);
    if (kind === 'kept') {
      host.send(to.id, text, { persist: true }).then(
        ({ delivered }) => delivered.then(confirm, () => undefined),
        () => this.ledger.withdraw(text),
      );
    } else host.send(to.id, text).then(confirm, () => undefined);
  }
}

const wayOf = ({ isDirect, isRelayed }: { readonly isDirect: boolean; readonly isRelayed: boolean }): string =>
  `way: ${[isDirect ? 'direct' : '', isRelayed ? 'relay' : ''].filter((each) => each !== '').join(' and ')}`;

/** The text of a message, behind the byte that says that it is one. */
const textOf = (payload: Uint8Array): string => Buffer.from(payload.subarray(1)).toString();

const recordOf = ({ id, endpointId, name }: Device, time: VirtualTime): PeerDevice => ({
  id,
  endpointId,
  name,
  platform: 'linux',
  pairingState: 'paired',
  pairedAtMs: time.nowMs() - PAIRED_BEFORE_MS,
  pairingId: 'first',
  relayInfo: null,
  directAddresses: [],
  incarnation: 0,
  lastReceived: null,
  lastSeenAtMs: null,
});

/** What of an event is worth a line; `null`: nothing. */
const lineOf = (event: HostEvent, peer: string): string | null => {
  switch (event.event) {
    case 'device.connected':
      return `connected to ${peer}${event.path === null ? '' : `, ${event.path.kind}`}`;
    case 'device.pathChanged':
      return `path to ${peer}: ${event.path.kind}`;
    case 'device.disconnected':
      return `disconnected from ${peer}: ${event.reason}`;
    case 'device.removed':
      return `forgets ${peer}, by ${event.by}`;
    case 'relay.stateChanged':
      return `${new URL(event.url).host} ${event.state}${event.downReason === null ? '' : `: ${event.downReason}`}`;
    case 'network.changed':
      return `network changed: ${event.cause}`;
    case 'worker.stateChanged':
      return event.state === 'crashed' || event.restarts > 0 ? `${event.name} ${event.state}` : null;
    case 'pairing.failed':
      return `pairing failed: ${event.code}`;
    case 'pairing.completed':
      return `paired with ${event.device.name}`;
    default:
      return null;
  }
};

/** Warnings stand in the timeline: they are what a person would look at first. */
const loggerOf = (note: (what: string) => void): Logger => {
  const nothing = (): void => undefined;
  const tell = (fields: object, message: string): void => note(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = {
    error: tell,
    warn: tell,
    info: nothing,
    debug: nothing,
    trace: nothing,
    child: () => logger,
  };
  return logger;
};
