import { networkInterfaces as systemInterfaces } from 'node:os';
import {
  type Actor,
  type ActorComponents,
  type Advertisement,
  type Cancel,
  type ChannelHandlers,
  checkSearchInput,
  type DeviceId,
  type DiscoveryMdnsChannel,
  type EndpointId,
  InvalidOptionError,
  type Logger,
  mdnsProblemSentence,
  type PeerList,
  peersGone,
  type RequestContext,
  type SearchInput,
  type SearchReport,
  type SightedPeer,
} from '@bowline/contracts';
import { TokenBucket } from '@bowline/limits';
import { checkAdvertisement, checkAdvertisementId } from './advertisement.ts';
import { AskSchedule } from './ask-schedule.ts';
import { openBonjourInterface } from './bonjour-interface.ts';
import { MdnsNotRunningError, TooManyAdvertisementsError } from './errors.ts';
import { HeardRecords } from './heard-records.ts';
import type { OpenLanInterface } from './lan-interface.ts';
import { LanInterfaces } from './lan-interfaces.ts';
import type { LanNetwork, NetworkInterfaces } from './lan-network.ts';
import { describeInterfaces, type MdnsHealth, searchProblem, summarizeHealth } from './mdns-health.ts';
import { type MdnsDiscoveryOptions, resolveMdnsDiscoveryOptions } from './options.ts';
import { OwnRecords } from './own-records.ts';
import { PeerSightings } from './peer-sightings.ts';
import { PRESENCE_HOUR_MS, PresenceTable, presenceHour, presenceTag } from './presence-tag.ts';
import { RefusalCount } from './refusal-count.ts';
import { readSeenRecord, type SeenRecord } from './seen-record.ts';
import { SightingPace } from './sighting-pace.ts';
import { TagSearch } from './tag-search.ts';

/** What the mDNS source needs; the last two stand in for the machine in tests. */
export interface MdnsDiscoveryComponents extends ActorComponents<DiscoveryMdnsChannel> {
  /** The machine's interfaces now. @defaultValue `os.networkInterfaces` */
  readonly networkInterfaces?: () => NetworkInterfaces;
  /** Opens one of them. @defaultValue sockets, by `bonjour-service` */
  readonly openLanInterface?: OpenLanInterface;
}

/** Records announced at once at most: presence and a handful of codes. */
const MAX_ADVERTISEMENTS = 32;

/** Records of strangers remembered: more than a crowded office says, little enough for any machine. */
const RECORD_RATE = { perSecond: 100, burst: 512 };

/**
 * The discovery source for the local network: announces this device, finds others, and says when multicast fails.
 *
 * The host starts it with the device, by default in a thread of its own, and ends it with the device. It owns the
 * sockets on the multicast port, its open searches and what it heard lately. Nothing it hears is believed: a record
 * is a hint where to dial.
 *
 * @throws {@link InvalidOptionError} for options that break their rules
 */
export const mdnsDiscovery = (input: Partial<MdnsDiscoveryOptions> = {}) => {
  const options = resolveMdnsDiscoveryOptions(input);
  return (components: MdnsDiscoveryComponents): Actor<DiscoveryMdnsChannel> => new MdnsDiscovery(options, components);
};

class MdnsDiscovery implements Actor<DiscoveryMdnsChannel> {
  readonly handlers: ChannelHandlers<DiscoveryMdnsChannel>;
  readonly #options: MdnsDiscoveryOptions;
  readonly #components: MdnsDiscoveryComponents;
  readonly #logger: Logger;
  readonly #lan: LanInterfaces;
  readonly #asking: AskSchedule;
  readonly #heard: HeardRecords;
  readonly #own = new OwnRecords();
  readonly #searches = new Map<string, TagSearch>();
  readonly #advertised = new Map<string, Advertisement>();
  /** The paired devices, as told last. */
  readonly #peers = new Map<DeviceId, EndpointId>();
  readonly #peerEndpoints = new Set<EndpointId>();
  /** Peers that are awaited, and since when (monotonic). */
  readonly #awaited = new Map<EndpointId, number>();
  readonly #presence = new PresenceTable();
  readonly #sightings: PeerSightings;
  readonly #pace: SightingPace;
  readonly #refused: RefusalCount;
  readonly #recordBudget: TokenBucket;
  #hour = Number.NaN;
  #cancelHour: Cancel = () => undefined;
  #health: MdnsHealth = { problem: null, interfaces: [] };
  #isRunning: boolean = false;

  constructor(options: MdnsDiscoveryOptions, components: MdnsDiscoveryComponents) {
    const { clock, random } = components;
    this.#options = options;
    this.#components = components;
    this.#logger = components.logger.child({ component: 'discovery-mdns' });
    this.#heard = new HeardRecords(clock);
    this.#sightings = new PeerSightings(clock);
    this.#pace = new SightingPace(clock, (endpointId) => this.#tellSighting(endpointId));
    this.#refused = new RefusalCount(clock, this.#logger);
    this.#recordBudget = new TokenBucket(RECORD_RATE, clock.monotonicMs());
    this.#lan = new LanInterfaces({
      clock,
      logger: this.#logger,
      chosen: options.interfaces,
      networkInterfaces: components.networkInterfaces ?? systemInterfaces,
      open:
        components.openLanInterface ??
        openBonjourInterface({ clock, random, port: options.port, isSearched: (packet) => this.#isSearched(packet) }),
      listenerOf: (network) => ({
        onService: (service) => this.#hear(service, network),
        onGoodbye: (instance, sourceAddress) => {
          this.#heard.forget(instance, sourceAddress);
          this.#sightings.forget(instance, sourceAddress);
        },
        onRefusal: (refusal) => this.#refused.add(refusal),
      }),
      onOpened: () => this.#asking.startOver(),
      onHealth: () => this.#tellHealth(),
    });
    this.#asking = new AskSchedule({ clock, random, ask: (unlessHeardWithinMs) => this.#lan.ask(unlessHeardWithinMs) });
    this.handlers = {
      search: (request, context) => this.#search(request, context),
      advertise: (advertisement) => this.#advertise(advertisement),
      readInterfaces: () => ({ interfaces: describeInterfaces(this.#lan.health(), this.#options.port) }),
      withdraw: ({ advertisementId }) => this.#withdraw(advertisementId),
      setPeers: (list) => this.#setPeers(list),
      refresh: () => this.#refresh(),
    };
  }

  async start(): Promise<void> {
    if (this.#isRunning || !this.#options.enabled) return;
    this.#isRunning = true;
    await this.#lan.start();
    if (!this.#isRunning) return;
    this.#asking.start();
    this.#followHour();
  }

  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    for (const search of this.#searches.values()) search.end('stopped');
    this.#asking.stop();
    this.#cancelHour();
    this.#pace.stop();
    this.#advertised.clear();
    await this.#lan.stop();
    this.#heard.clear();
    this.#sightings.clear();
    this.#presence.clear();
    this.#peers.clear();
    this.#peerEndpoints.clear();
    this.#awaited.clear();
    this.#asking.await(null);
    this.#logger.debug({ refused: this.#refused.counts() }, 'stopped');
  }

  async #search(request: SearchInput, { signal }: RequestContext): Promise<SearchReport> {
    checkSearchInput(request);
    const { searchId, target, timeoutMs } = request;
    if (!this.#options.enabled) return emptyReport('mDNS is switched off');
    if (!this.#isRunning) return emptyReport('not running');
    if (signal.aborted) return emptyReport('cancelled');
    if (this.#searches.has(searchId)) {
      throw new InvalidOptionError('searchId', 'must differ from that of every open search', searchId);
    }
    const search = new TagSearch({
      clock: this.#components.clock,
      lanTag: target.lanTag,
      timeoutMs,
      tell: (candidate) => this.#components.emit('candidate.found', { searchId, candidate }),
      describePlace: () => this.#describePlace(),
      problem: () => searchProblem(this.#health, this.#lan.isAlone),
      onEnd: () => this.#forgetSearch(searchId),
    });
    const cancel = () => search.end('cancelled');
    this.#searches.set(searchId, search);
    signal.addEventListener('abort', cancel);
    for (const seen of this.#heard.recent()) search.offer(seen);
    this.#asking.hurry();
    const report = await search.report;
    signal.removeEventListener('abort', cancel);
    return report;
  }

  #forgetSearch(searchId: string): void {
    this.#searches.delete(searchId);
    if (this.#searches.size === 0) this.#asking.rest();
  }

  async #advertise(advertisement: Advertisement): Promise<void> {
    checkAdvertisement(advertisement);
    if (!this.#options.enabled || !this.#options.announces) return;
    if (!this.#isRunning) throw new MdnsNotRunningError();
    const { advertisementId } = advertisement;
    if (!this.#advertised.has(advertisementId) && this.#advertised.size >= MAX_ADVERTISEMENTS) {
      throw new TooManyAdvertisementsError(MAX_ADVERTISEMENTS);
    }
    this.#advertised.set(advertisementId, advertisement);
    await this.#announce(advertisement);
  }

  async #announce(advertisement: Advertisement): Promise<void> {
    const { advertisementId, endpointId, presenceKey = null, port, ipv6Port = null, lanTag } = advertisement;
    const tag = presenceKey === null ? null : presenceTag(presenceKey, presenceHour(this.#components.clock.nowMs()));
    if (endpointId !== null) this.#own.add(endpointId);
    if (tag !== null) this.#own.addTag(tag);
    await this.#lan.announce(advertisementId, { endpointId, presenceTag: tag, port, ipv6Port, lanTag });
  }

  /** Another hour, another tag: what shows one is announced anew, under another name. */
  #planHour(): void {
    this.#cancelHour();
    const leftMs = PRESENCE_HOUR_MS - (this.#components.clock.nowMs() % PRESENCE_HOUR_MS);
    this.#cancelHour = this.#components.clock.setTimer(leftMs, () => this.#followHour(), { unref: true });
  }

  #followHour(): void {
    const hour = presenceHour(this.#components.clock.nowMs());
    if (hour !== this.#hour) {
      for (const advertisement of this.#advertised.values()) {
        // Never rejects.
        if ((advertisement.presenceKey ?? null) !== null) void this.#announce(advertisement);
      }
    }
    this.#hour = hour;
    this.#planHour();
  }

  async #withdraw(advertisementId: string): Promise<void> {
    checkAdvertisementId(advertisementId);
    if (this.#advertised.delete(advertisementId)) await this.#lan.withdraw(advertisementId);
  }

  #setPeers(list: PeerList<SightedPeer>): void {
    for (const deviceId of peersGone(list, this.#peers.keys())) this.#forgetPeer(deviceId);
    const fresh = new Set<EndpointId>();
    for (const { deviceId, endpointId, presenceKey = null, isAwaited = false } of list.peers) {
      if (!isAwaited) this.#awaited.delete(endpointId);
      else if (!this.#awaited.has(endpointId)) this.#awaited.set(endpointId, this.#components.clock.monotonicMs());
      const isNews = this.#presence.set(endpointId, presenceKey) || !this.#peers.has(deviceId);
      this.#peers.set(deviceId, endpointId);
      this.#peerEndpoints.add(endpointId);
      if (isNews) fresh.add(endpointId);
    }
    this.#followAwaited();
    if (fresh.size === 0) return;
    const heard = new Set<EndpointId>();
    for (const seen of this.#heard.recent()) {
      const endpointId = this.#peerOf(seen);
      if (endpointId === undefined || !fresh.has(endpointId)) continue;
      this.#sightings.note(endpointId, seen);
      heard.add(endpointId);
    }
    for (const endpointId of heard) this.#tellSighting(endpointId);
  }

  #followAwaited(): void {
    const lostLastMs = Math.max(...this.#awaited.values());
    this.#asking.await(this.#awaited.size === 0 ? null : lostLastMs);
  }

  #forgetPeer(deviceId: DeviceId): void {
    const endpointId = this.#peers.get(deviceId);
    if (endpointId === undefined) return;
    this.#peers.delete(deviceId);
    this.#peerEndpoints.delete(endpointId);
    this.#presence.delete(endpointId);
    this.#sightings.delete(endpointId);
    this.#awaited.delete(endpointId);
  }

  async #refresh(): Promise<void> {
    if (!this.#isRunning) return;
    this.#heard.clear();
    this.#sightings.clear();
    // The machine may have slept over the hour.
    this.#followHour();
    await this.#lan.refresh();
  }

  #hear(service: unknown, network: LanNetwork): void {
    if (!this.#isRunning) return;
    const seen = readSeenRecord(service, network);
    if (typeof seen === 'string') {
      this.#refused.add(seen);
      return;
    }
    if (this.#own.includes(seen)) return;
    const peer = this.#peerOf(seen);
    if (peer !== undefined) {
      const isNews = this.#sightings.note(peer, seen);
      if (isNews || this.#awaited.has(peer)) this.#pace.tellSoon(peer);
    }
    for (const search of this.#searches.values()) search.offer(seen);
    if (!this.#recordBudget.take(1, this.#components.clock.monotonicMs())) {
      this.#refused.add('too-many-records-seen');
      return;
    }
    const isNews = this.#heard.note(seen);
    if (isNews && peer === undefined && seen.endpointId !== null) this.#pace.tellSoon(seen.endpointId);
  }

  /** Which paired device a record is of, by what it says; `undefined` for a stranger's. */
  #peerOf({ endpointId, presenceTag: tag }: SeenRecord): EndpointId | undefined {
    if (endpointId !== null) return this.#peerEndpoints.has(endpointId) ? endpointId : undefined;
    return tag === null ? undefined : this.#presence.find(tag, this.#components.clock.nowMs());
  }

  /** Whether a packet shows the tag of an open search, before anything is parsed. */
  #isSearched(packet: Buffer): boolean {
    for (const { lanTag } of this.#searches.values()) if (packet.includes(lanTag)) return true;
    return false;
  }

  /** Tells where a device was heard lately, if it was. */
  #tellSighting(endpointId: EndpointId): void {
    const isPeer = this.#peerEndpoints.has(endpointId);
    const directAddresses = (isPeer ? this.#sightings : this.#heard).addressesOf(endpointId);
    if (directAddresses.length === 0 || !this.#isRunning) return;
    this.#logger.debug({ endpointId }, 'device sighted');
    this.#components.emit('device.sighted', { endpointId, directAddresses });
  }

  #tellHealth(): void {
    if (!this.#isRunning) return;
    const health = summarizeHealth(this.#lan.health(), {
      chosen: this.#options.interfaces,
      port: this.#options.port,
      linkLocalOnly: this.#lan.linkLocalOnly,
    });
    if (JSON.stringify(health) === JSON.stringify(this.#health)) return;
    this.#health = health;
    if (health.problem === null) this.#logger.info({ interfaces: health.interfaces }, 'multicast works');
    else this.#logger.warn({ problem: health.problem }, 'multicast does not work');
    this.#components.emit('health.changed', health);
  }

  #describePlace(): string {
    const { problem, interfaces } = this.#health;
    if (problem === null) return `on ${interfaces.join(', ')}`;
    return `because multicast does not work: ${mdnsProblemSentence(problem).replace(/\.$/, '')}`;
  }
}

const emptyReport = (summary: string): SearchReport => ({ source: 'mdns', candidateCount: 0, summary });
