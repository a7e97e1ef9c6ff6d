import { networkInterfaces as systemInterfaces } from 'node:os';
import {
  type Actor,
  type ActorComponents,
  type Advertisement,
  type ChannelHandlers,
  checkSearchInput,
  type DeviceId,
  type DiscoveryMdnsChannel,
  type EndpointId,
  InvalidOptionError,
  type Logger,
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
import { type MdnsHealth, summarizeHealth } from './mdns-health.ts';
import { type MdnsDiscoveryOptions, resolveMdnsDiscoveryOptions } from './options.ts';
import { OwnRecords } from './own-records.ts';
import { RefusalCount } from './refusal-count.ts';
import { readSeenRecord } from './seen-record.ts';
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

/** Records of others looked at: more than a crowded office says, little enough for any machine. */
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
  readonly #advertised = new Set<string>();
  /** The paired devices, as told last. */
  readonly #peers = new Set<DeviceId>();
  readonly #refused: RefusalCount;
  readonly #recordBudget: TokenBucket;
  #health: MdnsHealth = { problem: null, interfaces: [] };
  #isRunning: boolean = false;

  constructor(options: MdnsDiscoveryOptions, components: MdnsDiscoveryComponents) {
    const { clock, random } = components;
    this.#options = options;
    this.#components = components;
    this.#logger = components.logger.child({ component: 'discovery-mdns' });
    this.#heard = new HeardRecords(clock);
    this.#refused = new RefusalCount(clock, this.#logger);
    this.#recordBudget = new TokenBucket(RECORD_RATE, clock.monotonicMs());
    this.#lan = new LanInterfaces({
      clock,
      logger: this.#logger,
      chosen: options.interfaces,
      networkInterfaces: components.networkInterfaces ?? systemInterfaces,
      open: components.openLanInterface ?? openBonjourInterface({ clock, random, port: options.port }),
      listenerOf: (network) => ({
        onService: (service) => this.#hear(service, network),
        onGoodbye: (instance) => this.#heard.forget(instance),
        onRefusal: (refusal) => this.#refused.add(refusal),
      }),
      onOpened: () => this.#asking.startOver(),
      onHealth: () => this.#tellHealth(),
    });
    this.#asking = new AskSchedule({ clock, random, ask: (unlessHeardWithinMs) => this.#lan.ask(unlessHeardWithinMs) });
    this.handlers = {
      search: (request, context) => this.#search(request, context),
      advertise: (advertisement) => this.#advertise(advertisement),
      withdraw: ({ advertisementId }) => this.#withdraw(advertisementId),
      setPeers: (list) => this.#setPeers(list),
      refresh: () => this.#refresh(),
    };
  }

  async start(): Promise<void> {
    if (this.#isRunning || !this.#options.enabled) return;
    this.#isRunning = true;
    await this.#lan.start();
    if (this.#isRunning) this.#asking.start();
  }

  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    for (const search of this.#searches.values()) search.end('stopped');
    this.#asking.stop();
    this.#advertised.clear();
    await this.#lan.stop();
    this.#heard.clear();
    this.#peers.clear();
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
    if (!this.#options.enabled) return;
    if (!this.#isRunning) throw new MdnsNotRunningError();
    const { advertisementId, endpointId, port, lanTag } = advertisement;
    if (!this.#advertised.has(advertisementId) && this.#advertised.size >= MAX_ADVERTISEMENTS) {
      throw new TooManyAdvertisementsError(MAX_ADVERTISEMENTS);
    }
    this.#advertised.add(advertisementId);
    this.#own.add(endpointId);
    await this.#lan.announce(advertisementId, { endpointId, port, lanTag });
  }

  async #withdraw(advertisementId: string): Promise<void> {
    checkAdvertisementId(advertisementId);
    if (this.#advertised.delete(advertisementId)) await this.#lan.withdraw(advertisementId);
  }

  #setPeers(list: PeerList<SightedPeer>): void {
    for (const deviceId of peersGone(list, this.#peers)) this.#peers.delete(deviceId);
    const heard = new Set(this.#heard.recent().map(({ endpointId }) => endpointId));
    for (const { deviceId, endpointId } of list.peers) {
      if (this.#peers.has(deviceId)) continue;
      this.#peers.add(deviceId);
      if (heard.has(endpointId)) this.#tellSighting(endpointId);
    }
  }

  async #refresh(): Promise<void> {
    if (!this.#isRunning) return;
    this.#heard.clear();
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
    if (!this.#recordBudget.take(1, this.#components.clock.monotonicMs())) {
      this.#refused.add('too-many-records-seen');
      return;
    }
    if (this.#heard.note(seen)) this.#tellSighting(seen.endpointId);
    for (const search of this.#searches.values()) search.offer(seen);
  }

  /** Tells where a device was heard lately, if it was. */
  #tellSighting(endpointId: EndpointId): void {
    const directAddresses = this.#heard.addressesOf(endpointId);
    if (directAddresses.length === 0 || !this.#isRunning) return;
    this.#logger.debug({ endpointId }, 'device sighted');
    this.#components.emit('device.sighted', { endpointId, directAddresses });
  }

  #tellHealth(): void {
    if (!this.#isRunning) return;
    const health = summarizeHealth(this.#lan.health(), this.#options.interfaces, this.#options.port);
    if (JSON.stringify(health) === JSON.stringify(this.#health)) return;
    this.#health = health;
    if (health.problem === null) this.#logger.info({ interfaces: health.interfaces }, 'multicast works');
    else this.#logger.warn({ problem: health.problem }, 'multicast does not work');
    this.#components.emit('health.changed', health);
  }

  #describePlace(): string {
    const { problem, interfaces } = this.#health;
    return problem === null ? `on ${interfaces.join(', ')}` : `because multicast does not work: ${problem}`;
  }
}

const emptyReport = (summary: string): SearchReport => ({ source: 'mdns', candidateCount: 0, summary });
