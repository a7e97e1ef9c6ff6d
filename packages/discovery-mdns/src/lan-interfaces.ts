import { type Clock, errorCode, type Logger } from '@bowline/contracts';
import { SerialQueue } from '@bowline/limits';
import { MdnsUnavailableError } from './errors.ts';
import type { LanAnnouncement, LanInterface, LanListener, OpenLanInterface } from './lan-interface.ts';
import { type LanNetwork, linkLocalOnly, type NetworkInterfaces, selectNetworks } from './lan-network.ts';
import type { OwnRecord } from './lan-record.ts';
import { DEAF, type InterfaceHealth } from './mdns-health.ts';

/** What {@link LanInterfaces} is made from. */
export interface LanInterfacesComponents {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly chosen: 'all' | readonly string[];
  readonly networkInterfaces: () => NetworkInterfaces;
  readonly open: OpenLanInterface;
  readonly listenerOf: (network: LanNetwork) => Omit<LanListener, 'onTrouble'>;
  /** An interface was opened; it has asked once. */
  readonly onOpened: () => void;
  readonly onHealth: () => void;
}

/** How often the system is asked for its interfaces, milliseconds: it tells no change by itself. One asking takes 50 µs. */
const READ_INTERVAL_MS = 2_000;

/** Silence after which an interface is asked once more, milliseconds; a packet comes back within one. */
const DEAF_AFTER_MS = 1_500;

/** Silence after which it is opened anew: the question asked after the first doubt has gone unheard as well. */
const REOPEN_AFTER_MS = 3_000;

/** Pause between two openings of an interface that stays deaf, milliseconds. */
const REOPEN_PAUSE_MS = 30_000;

interface InterfaceEntry {
  readonly network: LanNetwork;
  readonly announcements: Map<string, LanAnnouncement>;
  lan: LanInterface | null;
  trouble: string | null;
  /** It was opened anew because it heard nothing, and has heard nothing since. */
  isDoubted: boolean;
  openedAtMs: number;
}

/**
 * The interfaces in use: opened as they appear, closed as they go, opened anew when they fail, and each with every
 * record on the air. Changes run one after the other.
 *
 * Long because opening, doubting, opening anew and closing one interface are steps of one queue.
 */
export class LanInterfaces {
  readonly #components: LanInterfacesComponents;
  readonly #entries = new Map<string, InterfaceEntry>();
  readonly #records = new Map<string, OwnRecord>();
  readonly #changes = new SerialQueue();
  #cancelRead: () => void = () => undefined;
  #linkLocalOnly: readonly string[] = [];
  #isRunning: boolean = false;
  /** While the interfaces change, what is known of them is half true; it is told when that is over. */
  #isReading: boolean = false;

  constructor(components: LanInterfacesComponents) {
    this.#components = components;
  }

  /** Opens what is there. Resolves even when nothing can be opened; that is tried again. */
  start(): Promise<void> {
    this.#isRunning = true;
    return this.#inTurn(() => this.#read());
  }

  /** Says goodbye everywhere and closes every socket. */
  stop(): Promise<void> {
    this.#isRunning = false;
    this.#cancelRead();
    return this.#inTurn(async () => {
      this.#records.clear();
      await this.#closeAll();
    });
  }

  /** Closes and opens every interface: old records say goodbye, new ones appear, everything is asked anew. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isRunning) return;
      this.#isReading = true;
      await this.#closeAll();
      await this.#read();
    });
  }

  /** Puts a record on the air; an older one with the same id says goodbye. */
  announce(id: string, record: OwnRecord): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isRunning) return;
      await this.#withdraw(id);
      this.#records.set(id, record);
      for (const entry of this.#entries.values()) this.#announceOn(entry, id, record);
    });
  }

  withdraw(id: string): Promise<void> {
    return this.#inTurn(() => this.#withdraw(id));
  }

  /** Asks on every interface, leaving out those where somebody else asked within `unlessHeardWithinMs`. */
  ask(unlessHeardWithinMs: number): void {
    const nowMs = this.#components.clock.monotonicMs();
    for (const { lan } of this.#entries.values()) {
      const heardAtMs = lan?.questionHeardAtMs ?? null;
      if (heardAtMs === null || nowMs - heardAtMs >= unlessHeardWithinMs) lan?.ask();
    }
  }

  /** Interfaces that could be used, had they more than link-local IPv6 addresses. */
  get linkLocalOnly(): readonly string[] {
    return this.#linkLocalOnly;
  }

  /** Whether multicast of no other machine has come, on any network that leads to some. */
  get isAlone(): boolean {
    const open = [...this.#entries.values()].flatMap(({ lan }) => lan ?? []);
    return open.length > 0 && open.every(({ network, hasHeardOthers }) => !network.isLoopback && !hasHeardOthers);
  }

  /** How each interface fares, by name. */
  health(): readonly InterfaceHealth[] {
    return [...this.#entries.values()]
      .map(({ network: { name, family, isLoopback }, trouble }) => ({ name, family, isLoopback, trouble }))
      .sort((one, other) => one.name.localeCompare(other.name, 'en'));
  }

  async #read(): Promise<void> {
    this.#cancelRead();
    if (!this.#isRunning) return;
    this.#isReading = true;
    try {
      await this.#follow(this.#selectNetworks());
    } finally {
      this.#isReading = false;
      this.#planRead();
    }
    this.#components.onHealth();
  }

  async #follow(networks: readonly LanNetwork[]): Promise<void> {
    const identities = new Set(networks.map((network) => network.identity));
    for (const [identity, entry] of this.#entries) {
      if (identities.has(identity)) continue;
      this.#entries.delete(identity);
      await this.#close(entry);
    }
    for (const network of networks) await this.#tend(network);
  }

  #planRead(): void {
    if (!this.#isRunning) return;
    const read = (): void => {
      void this.#inTurn(() => this.#read());
    };
    this.#cancelRead = this.#components.clock.setTimer(READ_INTERVAL_MS, read, { unref: true, isAligned: true });
  }

  #selectNetworks(): readonly LanNetwork[] {
    try {
      const interfaces = this.#components.networkInterfaces();
      this.#linkLocalOnly = linkLocalOnly(interfaces);
      return selectNetworks(interfaces, this.#components.chosen);
    } catch (error) {
      this.#components.logger.debug({ error }, 'the system names no network interfaces');
      return [];
    }
  }

  async #tend(network: LanNetwork): Promise<void> {
    const entry = this.#entries.get(network.identity);
    if (entry === undefined || entry.lan === null) return this.#open(network, entry?.trouble ?? null, false);
    for (const [id, record] of this.#records) {
      if (!entry.announcements.has(id)) this.#announceOn(entry, id, record);
    }
    const silentMs = entry.lan.deafForMs;
    if (silentMs < DEAF_AFTER_MS) {
      entry.isDoubted = false;
      if (entry.trouble === DEAF) entry.trouble = null;
      return;
    }
    const isDeaf = silentMs >= REOPEN_AFTER_MS;
    if (isDeaf && entry.isDoubted) entry.trouble ??= DEAF;
    const wasJustOpened = entry.isDoubted && this.#components.clock.monotonicMs() - entry.openedAtMs < REOPEN_PAUSE_MS;
    if (!isDeaf || wasJustOpened) {
      entry.lan.ask();
      return;
    }
    this.#components.logger.debug({ interface: network.name, silentMs }, 'interface hears nothing, opened anew');
    await this.#close(entry);
    await this.#open(network, entry.trouble, true);
  }

  /** @param troubleBefore what ailed it; a doubted interface keeps that until it has shown that it works */
  async #open(network: LanNetwork, troubleBefore: string | null, isDoubted: boolean): Promise<void> {
    const entry: InterfaceEntry = {
      network,
      announcements: new Map(),
      lan: null,
      trouble: isDoubted ? troubleBefore : null,
      isDoubted,
      openedAtMs: this.#components.clock.monotonicMs(),
    };
    this.#entries.set(network.identity, entry);
    try {
      const listener = this.#components.listenerOf(network);
      entry.lan = await this.#components.open(network, {
        ...listener,
        onTrouble: (code) => this.#noteTrouble(entry, code),
      });
    } catch (error) {
      const reason = error instanceof MdnsUnavailableError ? String(error.data.reason) : errorCode(error);
      entry.trouble = reason ?? 'unknown error';
      if (troubleBefore === entry.trouble) return;
      this.#components.logger.warn(
        { interface: network.name, code: entry.trouble },
        'mDNS cannot be used on this interface',
      );
      return;
    }
    for (const [id, record] of this.#records) this.#announceOn(entry, id, record);
    entry.lan.ask();
    this.#components.onOpened();
    this.#components.logger.debug({ interface: network.name }, 'interface opened');
  }

  #noteTrouble(entry: InterfaceEntry, code: string | null): void {
    // A packet that was sent does not prove that anything is heard.
    if (entry.trouble === code || (code === null && entry.trouble === DEAF)) return;
    entry.trouble = code;
    this.#components.logger.debug({ interface: entry.network.name, code }, 'multicast works differently than before');
    if (!this.#isReading) this.#components.onHealth();
  }

  /** What could not be announced is tried again when the interfaces are read next. */
  #announceOn(entry: InterfaceEntry, id: string, record: OwnRecord): void {
    if (entry.lan === null) return;
    const { ipv6Port, ...shown } = record;
    const port = entry.network.family === 'ipv4' ? shown.port : ipv6Port;
    if (port === null) return;
    try {
      entry.announcements.set(id, entry.lan.announce({ ...shown, port }));
    } catch (error) {
      this.#components.logger.warn({ interface: entry.network.name, error }, 'record could not be announced');
    }
  }

  async #withdraw(id: string): Promise<void> {
    this.#records.delete(id);
    await Promise.all(
      [...this.#entries.values()].map(async ({ announcements }) => {
        const announcement = announcements.get(id);
        announcements.delete(id);
        await announcement?.withdraw();
      }),
    );
  }

  async #closeAll(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map((entry) => this.#close(entry)));
  }

  async #close(entry: InterfaceEntry): Promise<void> {
    const { lan } = entry;
    entry.lan = null;
    entry.announcements.clear();
    await lan?.close();
  }

  /** Runs a change after all before it. Never rejects: what goes wrong is a bug, and must not stop the next change. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    return this.#changes.run(change).catch((error: unknown) => {
      this.#components.logger.error({ error }, 'the interfaces could not be changed');
    });
  }
}
