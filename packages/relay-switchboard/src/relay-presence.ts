import type {
  AddressDiscoveryRelay,
  RelayDownReason,
  RelayRole,
  RelaySettings,
  RelayStatus,
  RelayUrl,
} from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';
import {
  type AddressDiscoveryChoice,
  chooseAddressDiscovery,
  decideRelays,
  type PolicyRelay,
  type RelayDecision,
  type RelayHealth,
  type RelayPolicyOptions,
} from '@bowline/relay-policy';
import type { RelayConnection } from './relay-connection.ts';
import { RelayRecord } from './relay-record.ts';

/** What changed with a decision. */
export interface PresenceChange {
  readonly homeRelayUrl: RelayUrl | null;
  readonly previous: RelayUrl | null;
  /** Home first, then standby: what peers should be told. */
  readonly relayUrls: readonly RelayUrl[];
  readonly reason: string;
}

/** Relays something was learnt about at most; hints of others must not make it grow. */
const MAX_RECORDS = 1_024;

/** This device's own relays: which are configured, what is known about them, and which of them are home and standby. */
export class RelayPresence {
  readonly #options: RelayPolicyOptions;
  readonly #connectionAt: (url: RelayUrl) => RelayConnection | undefined;
  readonly #records = new BoundedMap<RelayUrl, RelayRecord>(MAX_RECORDS);
  #settings: ReadonlyMap<RelayUrl, RelaySettings> = new Map();
  #decision: RelayDecision | null = null;
  #discovery: AddressDiscoveryChoice | null = null;
  #told: readonly RelayUrl[] = [];

  /** @param connectionAt the device's login at a relay, if it has one */
  constructor(options: RelayPolicyOptions, connectionAt: (url: RelayUrl) => RelayConnection | undefined) {
    this.#options = options;
    this.#connectionAt = connectionAt;
  }

  /** Whether no relay is to be used at all, not even for a peer. */
  get isLanOnly(): boolean {
    return this.#settings.size === 0;
  }

  /** Whether time alone changes nothing for minutes. */
  get isSettled(): boolean {
    return this.#decision?.isSettled ?? true;
  }

  /** Whether latencies decide anything: there are relays to compare. */
  get comparesLatencies(): boolean {
    return this.#settings.size > 1;
  }

  get home(): RelayUrl | null {
    return this.#decision?.home ?? null;
  }

  /** Home first, then standby; while there is no home, every relay that is being tried. */
  get presence(): readonly RelayUrl[] {
    if (this.#decision === null) return [];
    const { home, standby } = this.#decision;
    return home === null ? this.held : [home, ...standby];
  }

  /** Every relay to be logged in to for the device's own sake. */
  get held(): readonly RelayUrl[] {
    if (this.#decision === null) return [];
    const { home, measure, standby } = this.#decision;
    return home === null ? [...standby, ...measure] : [home, ...standby, ...measure];
  }

  configure(relays: readonly RelaySettings[]): void {
    this.#settings = new Map(relays.map((relay) => [relay.url, relay]));
    this.#told = this.#told.filter((url) => this.#settings.has(url));
  }

  isConfigured(url: RelayUrl): boolean {
    return this.#settings.has(url);
  }

  tokenOf(url: RelayUrl): string | null {
    return this.#settings.get(url)?.token ?? null;
  }

  recordOf(url: RelayUrl): RelayRecord {
    const record = this.#records.get(url) ?? new RelayRecord(url);
    this.#records.set(url, record);
    return record;
  }

  /** Decides anew. @returns what peers have to be told, if that changed */
  decide(nowMs: number, spreadKey: string): PresenceChange | null {
    const previous = this.#decision;
    const previousHome = previous?.home ?? null;
    const decision = decideRelays({
      relays: [...this.#settings.values()].map(policyRelay),
      health: new Map([...this.#settings.keys()].map((url) => [url, this.#healthOf(url, nowMs)])),
      previous,
      nowMs,
      spreadKey,
      options: this.#options,
    });
    this.#decision = decision;
    const relayUrls = this.#worthTelling(decision);
    const isSameList = relayUrls.length === this.#told.length && relayUrls.every((url, at) => url === this.#told[at]);
    this.#told = relayUrls;
    if (decision.home === previousHome && isSameList) return null;
    const reason =
      decision.home === previousHome && decision.home !== null
        ? `${new URL(decision.home).host} stays home; the relays standing by changed.`
        : decision.reason;
    return { homeRelayUrl: decision.home, previous: previousHome, relayUrls, reason };
  }

  /** Chooses anew which relay the endpoint asks for its address; after {@link decide}. */
  chooseDiscovery(nowMs: number): AddressDiscoveryRelay | null {
    if (this.#decision === null) return null;
    const offering = [...this.#settings.values()].filter(({ quicPort }) => quicPort !== undefined);
    this.#discovery = chooseAddressDiscovery({
      offering: offering.map(({ url }) => url),
      stateOf: (url) => this.#connectionAt(url)?.state ?? 'idle',
      decision: this.#decision,
      previous: this.#discovery,
      nowMs,
    });
    const chosen = offering.find(({ url }) => url === this.#discovery?.url);
    return chosen?.quicPort === undefined ? null : { url: chosen.url, quicPort: chosen.quicPort };
  }

  statusOf(url: RelayUrl): RelayStatus {
    const connection = this.#connectionAt(url);
    const downReason: RelayDownReason | null = connection?.state === 'down' ? connection.downReason : null;
    return {
      url,
      role: this.#roleOf(url),
      state: connection?.state ?? 'connecting',
      rttMs: this.recordOf(url).rttMs,
      downReason,
    };
  }

  #roleOf(url: RelayUrl): RelayRole {
    if (url === this.#decision?.home) return 'home';
    return this.held.includes(url) ? 'standby' : 'peer';
  }

  /** A standby is told once it works, and stays told through short losses: peers need not hear of every blink. */
  #worthTelling(decision: RelayDecision): readonly RelayUrl[] {
    if (decision.home === null) return [];
    const standby = decision.standby.filter(
      (url) => this.#connectionAt(url)?.state === 'connected' || this.#told.includes(url),
    );
    return [decision.home, ...standby];
  }

  #healthOf(url: RelayUrl, nowMs: number): RelayHealth {
    const connection = this.#connectionAt(url);
    const record = this.recordOf(url);
    return {
      // Where the endpoint logs in itself, home stays home.
      state: connection?.isReturning === true ? 'connected' : (connection?.state ?? 'idle'),
      connectedSinceMs: connection?.connectedSinceMs ?? null,
      recentLosses: record.recentLosses(nowMs),
      latencies: record.latencies,
      triedAtMs: record.triedAtMs,
    };
  }
}

const policyRelay = ({ pinned, tier, url, weight }: RelaySettings): PolicyRelay => ({
  url,
  tier,
  ...(pinned === undefined ? {} : { pinned }),
  ...(weight === undefined ? {} : { weight }),
});
