import type { NetworkInterfaceInfo } from 'node:os';
import type { Clock } from '@bowline/contracts';
import { MdnsUnavailableError } from '../src/errors.ts';
import type { LanAnnouncement, LanInterface, LanListener, OpenLanInterface } from '../src/lan-interface.ts';
import type { LanNetwork, NetworkInterfaces } from '../src/lan-network.ts';
import { type LanRecord, writeRecordText } from '../src/lan-record.ts';

/** What the mDNS library tells of a service, as far as it is looked at. */
export interface FakeService {
  readonly fqdn: string;
  readonly txt: unknown;
  readonly addresses: readonly string[];
  readonly referer: { readonly address: string };
}

interface FakeSeat {
  readonly address: string;
  readonly listener: LanListener;
  readonly announced: Map<string, FakeService>;
  readonly heard: Set<string>;
  unheardSinceMs: number | null;
  questionHeardAtMs: number | null;
  isOpen: boolean;
}

/** An entry of `os.networkInterfaces`. */
export const ipv4 = (address: string, overrides: Partial<NetworkInterfaceInfo> = {}): NetworkInterfaceInfo =>
  ({
    address,
    netmask: '255.255.255.0',
    family: 'IPv4',
    mac: '02:00:00:00:00:01',
    internal: false,
    cidr: `${address}/24`,
    ...overrides,
  }) as NetworkInterfaceInfo;

/** The IPv6 addresses of an interface: a link-local one, and those given, each in a network of 64 bits. */
export const ipv6 = (...addresses: readonly string[]): NetworkInterfaceInfo[] =>
  ['fe80::a', ...addresses].map((address) => ({
    address,
    netmask: 'ffff:ffff:ffff:ffff::',
    family: 'IPv6',
    mac: '02:00:00:00:00:01',
    internal: false,
    cidr: `${address}/64`,
    scopeid: address.startsWith('fe80') ? 2 : 0,
  }));

/** The loopback interface as Linux names it. */
export const LOOPBACK: NetworkInterfaces = {
  lo: [ipv4('127.0.0.1', { netmask: '255.0.0.0', internal: true, mac: '00:00:00:00:00:00' })],
};

/** Networks in memory: addresses with the same first three numbers hear each other, at once and always. */
export class FakeLan {
  /** Codes with which opening an interface fails, by its address. */
  readonly openFailures = new Map<string, string>();
  /** Codes with which every packet fails to leave, by the interface's address. */
  readonly sendFailures = new Map<string, string>();
  /** Addresses whose packets do not even come back to themselves. */
  readonly deaf = new Set<string>();
  /** Addresses whose records cannot be announced. */
  readonly mute = new Set<string>();
  /** Every address that was opened, in order. */
  readonly opened: string[] = [];
  /** Whether nothing of any other machine is heard, though all works here. */
  isLonely: boolean = false;
  /** Whether packets are lost. */
  isLosing: boolean = false;
  questionCount = 0;
  readonly #clock: Clock;
  readonly #seats = new Set<FakeSeat>();
  #nameCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly open: OpenLanInterface = async (network, listener) => {
    const failure = this.openFailures.get(network.address);
    if (failure !== undefined) throw new MdnsUnavailableError(network.name, failure, new Error(failure));
    this.opened.push(network.address);
    return this.#interfaceOf(network, listener);
  };

  /** A device that announces and never listens. @returns what takes it off the air without a goodbye */
  addDevice(address: string, record: Partial<LanRecord>, overrides: Partial<FakeService> = {}): () => void {
    const whole = { endpointId: null, presenceTag: null, port: 4002, lanTag: null, ...record };
    const service = { ...this.#serviceOf(address, whole), ...overrides };
    const seat = this.#seat(address, { onService: () => undefined } as unknown as LanListener);
    seat.announced.set(service.fqdn, service);
    this.#tell(seat, service);
    return () => {
      this.#seats.delete(seat);
    };
  }

  /** Somebody at `address` asks. */
  askFrom(address: string): void {
    for (const seat of this.#neighboursOf(address)) {
      if (seat.address !== address) seat.questionHeardAtMs = this.#clock.monotonicMs();
      for (const service of seat.announced.values()) this.#tell(seat, service);
    }
  }

  /** Somebody at `address` says goodbye for a service. */
  sayGoodbye(address: string, fqdn: string): void {
    for (const seat of this.#neighboursOf(address)) {
      if (seat.isOpen) seat.listener.onGoodbye(fqdn, address);
    }
  }

  /** A service is heard by everybody on the network of `address`. */
  say(address: string, service: unknown): void {
    for (const seat of this.#neighboursOf(address)) seat.listener.onService(service);
  }

  /** How many interfaces are open. */
  get openCount(): number {
    return [...this.#seats].filter((seat) => seat.isOpen).length;
  }

  /** The texts on the air at an address. */
  announcedAt(address: string): readonly unknown[] {
    return [...this.#seats]
      .filter((seat) => seat.address === address)
      .flatMap((seat) => [...seat.announced.values()].map(({ txt }) => txt));
  }

  trouble(address: string, code: string | null): void {
    for (const seat of this.#seats) if (seat.address === address) seat.listener.onTrouble(code);
  }

  #interfaceOf(network: LanNetwork, listener: LanListener): LanInterface {
    const seat = this.#seat(network.address, listener);
    seat.isOpen = true;
    const clock = this.#clock;
    const isLonely = (): boolean => this.isLonely;
    return {
      network,
      get questionHeardAtMs() {
        return seat.questionHeardAtMs;
      },
      get hasHeardOthers() {
        return !isLonely();
      },
      get deafForMs() {
        return seat.unheardSinceMs === null ? 0 : clock.monotonicMs() - seat.unheardSinceMs;
      },
      ask: () => {
        this.questionCount += 1;
        const failure = this.sendFailures.get(network.address) ?? null;
        queueMicrotask(() => listener.onTrouble(failure));
        seat.unheardSinceMs = this.deaf.has(network.address) ? (seat.unheardSinceMs ?? clock.monotonicMs()) : null;
        seat.heard.clear();
        if (!this.deaf.has(network.address)) this.askFrom(network.address);
      },
      announce: (record) => this.#announce(seat, record),
      close: async () => {
        for (const fqdn of [...seat.announced.keys()]) this.#goodbye(seat, fqdn);
        seat.isOpen = false;
        this.#seats.delete(seat);
      },
    };
  }

  #announce(seat: FakeSeat, record: LanRecord): LanAnnouncement {
    if (this.mute.has(seat.address)) throw new Error('cannot announce');
    const service = this.#serviceOf(seat.address, record);
    seat.announced.set(service.fqdn, service);
    this.#tell(seat, service);
    return { instance: service.fqdn, withdraw: async () => this.#goodbye(seat, service.fqdn) };
  }

  #goodbye(seat: FakeSeat, fqdn: string): void {
    if (!seat.announced.delete(fqdn)) return;
    for (const each of this.#neighboursOf(seat.address))
      if (each.heard.delete(fqdn)) each.listener.onGoodbye(fqdn, seat.address);
  }

  #tell(from: FakeSeat, service: FakeService): void {
    if (this.isLosing) return;
    for (const seat of this.#neighboursOf(from.address)) {
      if (seat.heard.has(service.fqdn)) continue;
      seat.heard.add(service.fqdn);
      seat.listener.onService(service);
    }
  }

  #neighboursOf(address: string): FakeSeat[] {
    const network = address.includes(':') ? 'fe80:' : address.slice(0, address.lastIndexOf('.') + 1);
    return [...this.#seats].filter((seat) => seat.address.startsWith(network) && !this.deaf.has(seat.address));
  }

  #serviceOf(address: string, record: LanRecord): FakeService {
    this.#nameCount += 1;
    const fqdn = `bowline-${this.#nameCount}._bowline._udp.local`;
    return { fqdn, txt: writeRecordText(record), addresses: [address], referer: { address } };
  }

  #seat(address: string, listener: LanListener): FakeSeat {
    const seat: FakeSeat = {
      address,
      listener,
      announced: new Map(),
      heard: new Set(),
      unheardSinceMs: null,
      questionHeardAtMs: null,
      isOpen: false,
    };
    this.#seats.add(seat);
    return seat;
  }
}
