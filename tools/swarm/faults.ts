import type { Random } from '@bowline/contracts';
import type { Device, MortalWorkerName } from './device.ts';

/** What faults do to a household. */
export interface FaultStage {
  readonly random: Random;
  readonly devices: readonly Device[];
  /** Those that are to be paired. */
  readonly pairs: readonly (readonly [Device, Device])[];
  /** Runs later, in virtual time. */
  after(delayMs: number, action: () => void): void;
  /** A device loses its network and knows, or comes to one: another or the same. */
  move(device: Device, place: 'none' | 'home' | 'elsewhere'): void;
  /** The way out of a network is cut, or mended. */
  setWayOut(place: 'home' | 'elsewhere', hasWayOut: boolean): void;
  sleep(device: Device, durationMs: number): void;
  kill(device: Device): void;
  stop(device: Device): void;
  start(device: Device): void;
  crash(device: Device, worker: MortalWorkerName): void;
  /** A connection breaks, and both sides hear so. */
  cut(one: Device, other: Device): void;
  sever(one: Device, other: Device, isSevered: boolean): void;
  /** A direct way opens between the networks of two devices, or closes. */
  punch(one: Device, other: Device, isPunched: boolean): void;
  setWallTime(device: Device, byMs: number): void;
  unpair(device: Device, other: Device): void;
  pair(device: Device, other: Device): void;
  /** A device forgets another one and keeps it out, or does so no more. */
  block(device: Device, other: Device): void;
  unblock(device: Device, other: Device): void;
}

/** One kind of thing that goes wrong. */
export interface Fault {
  readonly name: string;
  /** How often it is among the others. */
  readonly weight: number;
  /** Begins it, and sees to its end. @returns how long it lasts, milliseconds, and whom it concerns, for the timeline */
  begin(stage: FaultStage): { readonly lastsMs: number; readonly about: string };
}

/** From a second to ten minutes, the short ones as often as the long ones. */
const someTimeMs = ({ random }: FaultStage, leastMs = 1_000, mostMs = 600_000): number =>
  Math.round(leastMs * (mostMs / leastMs) ** random.ratio());

const someDevice = ({ random, devices }: FaultStage): Device =>
  devices[Math.floor(random.ratio() * devices.length)] as Device;

const somePair = ({ random, pairs }: FaultStage): readonly [Device, Device] =>
  pairs[Math.floor(random.ratio() * pairs.length)] as readonly [Device, Device];

const WORKERS: readonly MortalWorkerName[] = ['endpoint', 'relay-switchboard', 'discovery-mdns', 'persistence'];

/** Every kind of fault. Another one is another element here. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'cable pulled',
    weight: 3,
    begin: (stage) => {
      const device = someDevice(stage);
      const lastsMs = someTimeMs(stage);
      const { place } = device.station;
      stage.move(device, 'none');
      stage.after(lastsMs, () => {
        if (device.station.place === null) stage.move(device, place?.name === 'elsewhere' ? 'elsewhere' : 'home');
      });
      return { lastsMs, about: device.name };
    },
  },
  {
    name: 'roams',
    weight: 3,
    begin: (stage) => {
      const device = someDevice(stage);
      stage.move(device, device.station.place?.name === 'home' ? 'elsewhere' : 'home');
      return { lastsMs: 0, about: device.name };
    },
  },
  {
    name: 'provider down',
    weight: 3,
    begin: (stage) => {
      const place = stage.random.ratio() < 0.5 ? 'home' : 'elsewhere';
      const lastsMs = someTimeMs(stage);
      stage.setWayOut(place, false);
      stage.after(lastsMs, () => stage.setWayOut(place, true));
      return { lastsMs, about: place };
    },
  },
  {
    name: 'sleeps',
    weight: 3,
    begin: (stage) => {
      const device = someDevice(stage);
      const lastsMs = someTimeMs(stage);
      stage.sleep(device, lastsMs);
      return { lastsMs, about: device.name };
    },
  },
  {
    name: 'process killed',
    weight: 3,
    begin: (stage) => {
      const device = someDevice(stage);
      const lastsMs = someTimeMs(stage, 100, 120_000);
      stage.kill(device);
      stage.after(lastsMs, () => stage.start(device));
      return { lastsMs, about: device.name };
    },
  },
  {
    name: 'stopped in order',
    weight: 1,
    begin: (stage) => {
      const device = someDevice(stage);
      const lastsMs = someTimeMs(stage, 3_000, 120_000);
      stage.stop(device);
      stage.after(lastsMs, () => stage.start(device));
      return { lastsMs, about: device.name };
    },
  },
  {
    name: 'worker crashes',
    weight: 4,
    begin: (stage) => {
      const device = someDevice(stage);
      const worker = WORKERS[Math.floor(stage.random.ratio() * WORKERS.length)] as MortalWorkerName;
      stage.crash(device, worker);
      return { lastsMs: 0, about: `${worker} of ${device.name}` };
    },
  },
  {
    name: 'connection breaks',
    weight: 2,
    begin: (stage) => {
      const [one, other] = somePair(stage);
      stage.cut(one, other);
      return { lastsMs: 0, about: `${one.name}-${other.name}` };
    },
  },
  {
    name: 'packets vanish',
    weight: 3,
    begin: (stage) => {
      const [one, other] = somePair(stage);
      const lastsMs = someTimeMs(stage);
      stage.sever(one, other, true);
      stage.after(lastsMs, () => stage.sever(one, other, false));
      return { lastsMs, about: `${one.name}-${other.name}` };
    },
  },
  {
    name: 'direct way',
    weight: 2,
    begin: (stage) => {
      const [one, other] = somePair(stage);
      const lastsMs = someTimeMs(stage);
      stage.punch(one, other, true);
      stage.after(lastsMs, () => stage.punch(one, other, false));
      return { lastsMs, about: `${one.name}-${other.name}` };
    },
  },
  {
    name: 'clock set',
    weight: 1,
    begin: (stage) => {
      const device = someDevice(stage);
      const byMs = Math.round((stage.random.ratio() - 0.5) * 172_800_000);
      stage.setWallTime(device, byMs);
      return { lastsMs: 0, about: `${device.name} by ${byMs} ms` };
    },
  },
  {
    name: 'unpaired',
    weight: 1,
    begin: (stage) => {
      const [one, other] = somePair(stage);
      const lastsMs = someTimeMs(stage, 5_000, 600_000);
      stage.unpair(one, other);
      stage.after(lastsMs, () => stage.pair(one, other));
      return { lastsMs, about: `${other.name} by ${one.name}` };
    },
  },
  {
    name: 'blocked',
    weight: 1,
    begin: (stage) => {
      const [one, other] = somePair(stage);
      const [by, out] = stage.random.ratio() < 0.5 ? [one, other] : [other, one];
      const lastsMs = someTimeMs(stage, 60_000, 600_000);
      stage.block(by, out);
      // In vain for as long as it is kept out.
      stage.after(lastsMs / 4, () => stage.pair(one, other));
      stage.after(lastsMs, () => stage.unblock(by, out));
      return { lastsMs, about: `${out.name} by ${by.name}` };
    },
  },
];

/** One of the kinds, by weight. */
export const someFault = (random: Random): Fault => {
  const total = FAULTS.reduce((sum, { weight }) => sum + weight, 0);
  let left = random.ratio() * total;
  for (const fault of FAULTS) {
    left -= fault.weight;
    if (left < 0) return fault;
  }
  return FAULTS[0] as Fault;
};
