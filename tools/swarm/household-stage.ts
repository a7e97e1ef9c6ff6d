import type { DeviceId, Random } from '@bowline/contracts';
import type { FakeEndpointNetwork } from '@bowline/testing';
import type { Device, MortalWorkerName } from './device.ts';
import type { FaultStage } from './faults.ts';
import type { LocalNetworks } from './local-networks.ts';
import type { MessageLedger } from './message-ledger.ts';
import type { PairWatch } from './pair-watch.ts';
import type { Place, Reaches } from './reach.ts';
import type { RelayCloud } from './relay-cloud.ts';
import type { StreamLedger } from './stream-ledger.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What faults of one household work on. */
export interface HouseholdStageComponents {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly cloud: RelayCloud;
  readonly devices: readonly Device[];
  readonly watches: readonly PairWatch[];
  readonly network: FakeEndpointNetwork;
  readonly lans: LocalNetworks;
  readonly reaches: Reaches;
  readonly ledger: MessageLedger;
  readonly streams: StreamLedger;
  readonly note: (who: string, what: string) => void;
}

/** A sleep that is shorter than this goes by without anybody noticing, milliseconds. */
const NOTICED_SLEEP_MS = 12_500;

/** Until a start or a pairing that came to nothing is tried again, milliseconds. */
const START_AGAIN_MS = 1_000;
const PAIR_AGAIN_MS = 30_000;

/** Where there is no way, of so many tries of people only the last one is made: one in vain is like all others. */
const VAIN_TRIES = 20;

/** How long a code can be used here, milliseconds: in the end both ends are told. */
const CODE_LIFE_MS = 60_000;

/** Does to the devices of a household what faults ask for. Who sleeps or does not run is left alone. */
export class HouseholdStage implements FaultStage {
  readonly places: Readonly<Record<'home' | 'elsewhere', Place>> = {
    home: { name: 'home', subnet: 1, hasWayOut: true },
    elsewhere: { name: 'elsewhere', subnet: 2, hasWayOut: true },
  };
  readonly random: Random;
  readonly devices: readonly Device[];
  readonly pairs: readonly (readonly [Device, Device])[];
  pairingCount = 0;
  readonly #components: HouseholdStageComponents;
  readonly #pairing = new Set<PairWatch>();
  /** Senders whose next message may be the one that an application was being handed when it was killed. */
  readonly #interrupted = new Map<Device, Set<DeviceId>>();
  #isNoticed: boolean = true;

  constructor(components: HouseholdStageComponents) {
    this.#components = components;
    this.random = components.random;
    this.devices = components.devices;
    this.pairs = components.watches.map(({ one, other }) => [one, other]);
  }

  /** Whether a way that opens now opens because of something that a device can notice. */
  get isNoticed(): boolean {
    return this.#isNoticed;
  }

  isPairing(watch: PairWatch): boolean {
    return this.#pairing.has(watch);
  }

  mayRepeat(device: Device, from: DeviceId): boolean {
    return this.#interrupted.get(device)?.delete(from) ?? false;
  }

  after(delayMs: number, action: () => void): void {
    this.#components.time.setTimer(delayMs, action);
  }

  move({ station, customer }: Device, to: 'none' | 'home' | 'elsewhere'): void {
    const { cloud, lans, reaches } = this.#components;
    station.place = to === 'none' ? null : this.places[to];
    cloud.strand(customer);
    lans.moved(station);
    this.devices.find((device) => device.station === station)?.renewAddress();
    reaches.review(station);
  }

  setWayOut(place: 'home' | 'elsewhere', hasWayOut: boolean): void {
    this.places[place].hasWayOut = hasWayOut;
    this.#components.reaches.reviewAll();
  }

  sleep(device: Device, durationMs: number): void {
    const { station, machine } = device;
    if (station.isAsleep || !device.isRunning) return;
    station.isAsleep = true;
    machine.sleep(durationMs);
    this.#components.reaches.review(station);
    this.after(durationMs, () => {
      station.isAsleep = false;
      this.#unnoticed(durationMs < NOTICED_SLEEP_MS, () => this.#components.reaches.review(station));
    });
  }

  kill(device: Device): void {
    if (device.station.isAsleep) return;
    device.kill();
    this.#components.streams.excuse(device.name, null, this.#components.time.monotonicMs());
    this.#interrupted.set(device, new Set(this.devices.map(({ id }) => id)));
    for (const watch of this.#watchesOf(device)) watch.silenced(device);
  }

  stop(device: Device): void {
    if (device.station.isAsleep || device.host === null) return;
    this.#components.streams.excuse(device.name, null, this.#components.time.monotonicMs());
    device.stop().then(
      () => {
        for (const watch of this.#watchesOf(device)) watch.silenced(device);
      },
      (error: unknown) => this.#components.note(device.name, `does not stop: ${String(error)}`),
    );
  }

  start(device: Device): void {
    if (device.isRunning && device.host !== null) return;
    if (device.isRunning || device.station.isAsleep) {
      this.after(START_AGAIN_MS, () => this.start(device));
      return;
    }
    const { note, time } = this.#components;
    note(device.name, 'starts');
    for (const watch of this.#watchesOf(device)) {
      watch.silenced(device);
      watch.disturb(time.monotonicMs(), true);
    }
    device.start().catch((error: unknown) => {
      note(device.name, `does not start: ${String(error)}`);
      device.kill();
      this.after(START_AGAIN_MS, () => this.start(device));
    });
  }

  crash(device: Device, worker: MortalWorkerName): void {
    if (device.station.isAsleep || device.host === null) return;
    device.crashWorker(worker);
    if (worker === 'endpoint') this.#disturb(device, true);
  }

  cut(one: Device, other: Device): void {
    this.#components.network.cut(one.endpointId, other.endpointId);
    this.#watchOf(one, other)?.disturb(this.#components.time.monotonicMs(), true);
  }

  sever(one: Device, other: Device, isSevered: boolean): void {
    this.#unnoticed(true, () => this.#components.reaches.sever(one.station, other.station, isSevered));
  }

  punch(one: Device, other: Device, isPunched: boolean): void {
    this.#components.reaches.punch(one.station, other.station, isPunched);
  }

  setWallTime(device: Device, byMs: number): void {
    device.machine.shiftWallTime(byMs);
  }

  unpair(device: Device, other: Device): void {
    const { host, station } = device;
    if (host === null || station.isAsleep || !device.disk.devices.has(other.id)) return;
    this.#forget(device, other);
    host.unpair(other.id).catch((error: unknown) => {
      this.#components.note(device.name, `does not unpair ${other.name}: ${String(error)}`);
    });
  }

  block(device: Device, other: Device): void {
    const { host, station } = device;
    if (host === null || station.isAsleep || !device.disk.devices.has(other.id)) return;
    this.#forget(device, other);
    host.block(other.id).then(
      () => this.#watchOf(device, other)?.blocked(device),
      (error: unknown) => this.#components.note(device.name, `does not block ${other.name}: ${String(error)}`),
    );
  }

  unblock(device: Device, other: Device): void {
    const again = (): void => this.after(START_AGAIN_MS, () => this.unblock(device, other));
    const { host, station } = device;
    if (host === null || station.isAsleep) {
      again();
      return;
    }
    this.#watchOf(device, other)?.unblocked(device);
    if (device.disk.blocked.has(other.id)) host.unblock(other.id).catch(again);
  }

  /** As two people do who have both devices before them: until it has come to something. */
  pair(device: Device, other: Device): void {
    const watch = this.#watchOf(device, other);
    if (watch === undefined || watch.isPaired || this.#pairing.has(watch)) return;
    this.#pairing.add(watch);
    this.#tryToPair(device, other).then(
      () => {
        this.#pairing.delete(watch);
        this.#forget(device, other);
        watch.disturb(this.#components.time.monotonicMs(), false);
        if (watch.isPaired) this.pairingCount += 1;
        else this.#pairAgain(device, other, VAIN_TRIES);
      },
      (error: unknown) => this.#components.note(device.name, `does not pair: ${String(error)}`),
    );
  }

  #pairAgain(device: Device, other: Device, vainTries: number): void {
    this.after(PAIR_AGAIN_MS, () => {
      const { isDirect, isRelayed } = this.#components.reaches.of(device.station, other.station);
      if (isDirect || isRelayed || vainTries <= 1) this.pair(device, other);
      else this.#pairAgain(device, other, vainTries - 1);
    });
  }

  async #tryToPair(device: Device, other: Device): Promise<void> {
    const initiator = device.station.isAsleep ? null : device.host;
    const joiner = other.station.isAsleep ? null : other.host;
    if (initiator === null || joiner === null) return;
    const policy = 'accept';
    // A process that is killed answers nothing any more: the person looks at the clock, and begins again.
    const patience = new Promise<void>((resolve) => this.after(2 * CODE_LIFE_MS, resolve));
    const offering = initiator.pair({ policy, ttlMs: CODE_LIFE_MS, renew: true });
    const offer = await Promise.race([offering, patience]).catch(() => undefined);
    if (offer === undefined) return;
    offer.paired.catch(() => undefined);
    const code = this.random.ratio() < 0.5 ? offer.ticket : offer.words;
    const joining = joiner.join(code, { policy, renew: true }).then(({ paired }) => paired);
    await Promise.race([Promise.allSettled([offer.paired, joining]), patience]);
  }

  /** Has something happen that no device notices by itself. */
  #unnoticed(isUnnoticed: boolean, action: () => void): void {
    this.#isNoticed = !isUnnoticed;
    action();
    this.#isNoticed = true;
  }

  /** They are paired no more, or anew: nothing that was under way between them counts. */
  #forget(one: Device, other: Device): void {
    const { ledger, streams, time } = this.#components;
    ledger.forget(one.name, other.name);
    streams.excuse(one.name, other.name, time.monotonicMs());
  }

  #disturb(device: Device, isSeen: boolean): void {
    for (const watch of this.#watchesOf(device)) watch.disturb(this.#components.time.monotonicMs(), isSeen);
  }

  #watchesOf(device: Device): readonly PairWatch[] {
    return this.#components.watches.filter(({ one, other }) => one === device || other === device);
  }

  #watchOf(one: Device, other: Device): PairWatch | undefined {
    return this.#watchesOf(one).find((watch) => watch.one === other || watch.other === other);
  }
}
