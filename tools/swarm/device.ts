import type { NetworkInterfaceInfo } from 'node:os';
import {
  type ChannelDefinition,
  type DeviceId,
  deviceIdOf,
  type EndpointId,
  endpointIdOf,
  errorCode,
  type HostEvent,
  type Logger,
  type Random,
  type RelaySwitchboardChannel,
  type RelayUrl,
  type SocketAddress,
} from '@bowline/contracts';
import { createHost, type Host } from '@bowline/host';
import { relaySwitchboard } from '@bowline/relay-switchboard';
import type { SuperviseComponents, WorkerPlacement } from '@bowline/supervisor';
import {
  type DiskWatcher,
  emptyMemoryDisk,
  type FakeEndpoint,
  type FakeEndpointNetwork,
  type MemoryDisk,
  memoryStore,
} from '@bowline/testing';
import type { LocalNetworks } from './local-networks.ts';
import type { CreateWorker, Plant } from './plant.ts';
import { type Place, type Station, uplinkOf } from './reach.ts';
import type { RelayCloud, RelayCustomer } from './relay-cloud.ts';
import { simulatedEndpoint } from './simulated-endpoint.ts';
import { type MortalActor, type SimulatedWorker, simulatedWorker } from './simulated-worker.ts';
import type { MachineClock, ScopedClock } from './virtual-time.ts';

/** The workers that a fault may kill. */
export type MortalWorkerName = 'endpoint' | 'relay-switchboard' | 'discovery-mdns' | 'persistence';

/** What a device is made of. */
export interface DeviceComponents {
  readonly number: number;
  readonly random: Random;
  readonly machine: MachineClock;
  /** Virtual time, milliseconds. */
  readonly elapsedMs: () => number;
  readonly logger: Logger;
  readonly network: FakeEndpointNetwork;
  readonly lans: LocalNetworks;
  readonly cloud: RelayCloud;
  /** None: it keeps to its local networks. */
  readonly relayUrls: readonly RelayUrl[];
  readonly plant: Plant | null;
  readonly onEvent: (event: HostEvent) => void;
  readonly disk: DiskWatcher;
  /** The application takes a message. */
  readonly onHandedOver: (from: DeviceId, text: string) => void;
  /** Its program has started. */
  readonly onStarted: (host: Host) => Promise<void>;
  readonly onLoginsChanged: () => void;
}

/** One run of its program, from the start to the end or the death of the process. */
interface Run {
  readonly host: Host;
  readonly clock: ScopedClock;
  readonly workers: Map<string, SimulatedWorker<ChannelDefinition>>;
}

/** Until an endpoint has noticed that its address is another one, milliseconds. */
const ADDRESS_NOTICED_MS = 800;

/** Somewhere nothing is ever read or written: the store of a simulated device is in memory. */
const NO_FOLDER = '/nonexistent/bowline-swarm';

/** One device of a household: its machine, its disk, and the program that runs on it, or does not. */
export class Device {
  readonly name: string;
  readonly endpointId: EndpointId;
  readonly id: DeviceId;
  readonly disk: MemoryDisk;
  readonly station: Station;
  readonly machine: MachineClock;
  readonly customer: RelayCustomer;
  readonly #components: DeviceComponents;
  #run: Run | null = null;
  #isUp: boolean = false;
  #upMs = 0;
  #startedAtMs = 0;
  #port = 40_000;
  #endpoint: FakeEndpoint | null = null;
  #interfacesThere: { readonly place: Place; readonly interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> } | null = null;

  constructor(components: DeviceComponents, secretKey: Uint8Array) {
    this.#components = components;
    const { number, machine, onLoginsChanged } = components;
    this.name = `d${number}`;
    this.endpointId = endpointIdOf(secretKey);
    this.id = deviceIdOf(this.endpointId);
    this.machine = machine;
    const { id, endpointId, name } = this;
    this.disk = emptyMemoryDisk({ id, endpointId, name, secretKey, incarnation: 0 });
    const ip = (): string => ipAt(this.station.place, number);
    const lan = (): string | null => (this.station.isAsleep ? null : (this.station.place?.name ?? null));
    this.station = { endpointId, place: null, isAsleep: false, ip, lan };
    this.customer = { uplink: () => uplinkOf(this.station), latencyMs: () => 10, onLoginsChanged };
  }

  /** The program, while it has started and has not ended. */
  get host(): Host | null {
    return this.#isUp ? (this.#run?.host ?? null) : null;
  }

  /** How long its program has run in all, milliseconds. */
  upMs(nowMs: number): number {
    return this.#upMs + (this.#run === null ? 0 : nowMs - this.#startedAtMs);
  }

  /** Where its endpoint is, or will be. */
  get address(): SocketAddress {
    return `${this.station.ip()}:${this.#port}` as SocketAddress;
  }

  get isRunning(): boolean {
    return this.#run !== null;
  }

  async start(): Promise<void> {
    const { logger, random, machine, onEvent, relayUrls } = this.#components;
    const clock = machine.scope();
    const workers: Run['workers'] = new Map();
    this.#port += 1;
    const host = createHost(
      {
        dataDir: NO_FOLDER,
        name: this.name,
        key: 'file',
        placement: 'inline',
        // Sockets of its own, which nothing simulates.
        tcp: false,
        relay: relayUrls.length === 0 ? 'disabled' : { urls: [...relayUrls] },
      },
      {
        logger,
        random,
        clock,
        networkInterfaces: () => this.#interfaces(),
        // A worker is told by its name from here on; what it is asked and tells is typed where it is asked.
        supervise: ((placement: WorkerPlacement<ChannelDefinition, unknown>, given: SuperviseComponents) => {
          const worker = this.#workerOf(placement, { ...given, clock });
          workers.set(placement.definition.name, worker);
          return worker;
        }) as never,
        holdLoopbackPort: () => ({
          open: async () => 1,
          flow: () => undefined,
          hold: () => undefined,
          close: async () => undefined,
        }),
      },
    );
    const run: Run = { host, clock, workers };
    this.#run = run;
    this.#startedAtMs = this.#components.elapsedMs();
    host.onAny((event) => {
      if (this.#run === run) onEvent(event);
    });
    host.onMessage(({ from, body }) => {
      if (this.#run === run && typeof body === 'string') this.#components.onHandedOver(from, body);
    });
    await host.start();
    if (this.#run !== run) return;
    this.#isUp = true;
    await this.#components.onStarted(host);
  }

  /** Ends in order. */
  async stop(): Promise<void> {
    const run = this.#run;
    this.#isUp = false;
    await run?.host.stop();
    if (this.#run === run) this.#end();
  }

  /** The process is killed: nothing more is done, said or written. */
  kill(): void {
    this.#isUp = false;
    for (const worker of this.#run?.workers.values() ?? []) worker.abandon();
    this.#end();
  }

  crashWorker(name: MortalWorkerName): void {
    this.#run?.workers.get(name)?.crash();
  }

  /** It is on another network: the endpoint finds its address there as soon as it looks. */
  renewAddress(): void {
    const run = this.#run;
    if (run === null) return;
    run.clock.setTimer(ADDRESS_NOTICED_MS, () => {
      if (this.#run !== run || this.station.place === null) return;
      try {
        this.#endpoint?.changeAddresses(this.endpointId, [this.address]);
      } catch (error) {
        // One that is being restarted is bound with its address.
        if (errorCode(error) !== 'ENDPOINT_NOT_BOUND') throw error;
      }
    });
  }

  #end(): void {
    if (this.#run !== null) this.#upMs += this.#components.elapsedMs() - this.#startedAtMs;
    this.#run?.clock.end();
    this.#run = null;
    this.#components.cloud.dropAll(this.customer);
  }

  #workerOf(
    { definition, options }: WorkerPlacement<ChannelDefinition, unknown>,
    { clock, random, logger }: SuperviseComponents & { readonly clock: ScopedClock },
  ): SimulatedWorker<ChannelDefinition> {
    const { plant } = this.#components;
    const { name, channel } = definition;
    const create: CreateWorker = this.#standIn(name) ?? ((components) => definition.create(options, components));
    return simulatedWorker({ name, channel, clock, random, logger, create: plant?.graft(name, create) ?? create });
  }

  /** What runs here in place of a worker that touches the outside. */
  #standIn(name: string): CreateWorker | null {
    const { cloud, lans, network } = this.#components;
    switch (name) {
      case 'persistence':
        return memoryStore(this.disk, this.#components.disk) as never;
      case 'endpoint':
        return simulatedEndpoint(() => {
          this.#endpoint = network.endpoint(() => [this.address]);
          return this.#endpoint;
        }) as never;
      case 'discovery-mdns':
        return lans.source(this.station) as never;
      case 'relay-switchboard':
        return ((
          components: Parameters<ReturnType<typeof relaySwitchboard>>[0],
        ): MortalActor<RelaySwitchboardChannel> => {
          const actor = relaySwitchboard({})({ ...components, dial: cloud.dialler(this.customer) });
          return {
            ...actor,
            // Observers are asked over HTTP, and there is none here.
            handlers: { ...actor.handlers, findObservers: () => ({ observers: [] }) },
            kill: () => cloud.dropAll(this.customer),
          };
        }) as never;
      default:
        return null;
    }
  }

  /** Asked for all the time, and other ones after a move alone. */
  #interfaces(): NodeJS.Dict<NetworkInterfaceInfo[]> {
    const { place } = this.station;
    if (place === null) return OFFLINE;
    if (this.#interfacesThere?.place !== place) {
      this.#interfacesThere = { place, interfaces: interfacesOf(this.station.ip()) };
    }
    return this.#interfacesThere.interfaces;
  }
}

const ipAt = (place: Place | null, number: number): string =>
  place === null ? '127.0.0.1' : `10.${place.subnet}.${number >> 8}.${(number & 255) + 1}`;

/** Every machine has it; an endpoint that is bound without a network is there. */
const LOOPBACK: NetworkInterfaceInfo = {
  address: '127.0.0.1',
  netmask: '255.0.0.0',
  family: 'IPv4',
  mac: '00:00:00:00:00:00',
  internal: true,
  cidr: '127.0.0.1/8',
};

const OFFLINE: NodeJS.Dict<NetworkInterfaceInfo[]> = { lo: [LOOPBACK] };

const interfacesOf = (address: string): NodeJS.Dict<NetworkInterfaceInfo[]> => {
  const lan = { ...LOOPBACK, address, netmask: '255.255.0.0', internal: false, cidr: `${address}/16` };
  return { lo: [LOOPBACK], lan: [lan] };
};
