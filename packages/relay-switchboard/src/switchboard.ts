import {
  type AddressDiscoveryRelay,
  type Cancel,
  type EndpointId,
  type MachineSession,
  NOBODY_ENDPOINT_ID,
  type RelayAbsence,
  type RelayBudget,
  type RelayPeer,
  type RelaySettings,
  type RelayStatus,
  type RelayUrl,
  type SpentToday,
  type TrafficReport,
} from '@bowline/contracts';
import { type MachineWatch, machineWatch } from '@bowline/machines';
import { endpointIdOfKey, keyOfEndpointId, type RouteKey, routeKeyOf, turnIntoDelivery } from '@bowline/relay-protocol';
import { DeviceIdentity } from './device-identity.ts';
import { SwitchboardRequestError } from './errors.ts';
import { KnownPeers } from './known-peers.ts';
import { isOwnLoopbackUrl } from './own-loopback.ts';
import { type PresenceChange, RelayPresence } from './relay-presence.ts';
import { checkRelaySettings } from './relay-settings-check.ts';
import { RouteKeyReader } from './route-key-reader.ts';
import type { SwitchboardComponents } from './switchboard-components.ts';
import { TrafficAccount } from './traffic-account.ts';

/** Keys of one device: its own and the rendezvous keys of a few pairing sessions. */
const MAX_IDENTITIES = 16;

/**
 * Pause between reviews beside those that changes lead to, milliseconds: the policy's times are seconds, and while a decision
 * is settled, leaving an idle relay and measuring another after minutes are all that time leads to.
 */
const REVIEW_EVERY_MS = { settled: 30_000, unsettled: 1_000 } as const;

/** The endpoint writes to it to stay logged in; it is on no relay. */
const NOBODY = routeKeyOf(keyOfEndpointId(NOBODY_ENDPOINT_ID));

/**
 * Everything behind the channel but the loopback relay's socket: identities, relays, peers, routes.
 *
 * Long because each request of the channel is a method here; what they change is kept elsewhere.
 */
export class Switchboard {
  readonly #components: SwitchboardComponents;
  readonly #traffic: TrafficAccount;
  readonly #peers = new KnownPeers();
  readonly #receivers = new RouteKeyReader();
  readonly #identities = new Map<RouteKey, DeviceIdentity>();
  readonly #presence: RelayPresence;
  readonly #machines: MachineWatch;
  readonly #toldStatus = new Map<RelayUrl, string>();
  #toldDiscovery: AddressDiscoveryRelay | null = null;
  #isClosed: boolean = false;
  #isReviewDue: boolean = false;
  #cancelReview: Cancel = () => undefined;
  #identityCount = 0;

  constructor(components: SwitchboardComponents) {
    this.#components = components;
    const { clock, emit } = components;
    this.#machines = machineWatch({ clock, tell: (transition) => emit('machine.moved', transition) });
    this.#traffic = new TrafficAccount(clock, emit);
    this.#presence = new RelayPresence(components.options.policy, (url) => this.#connectionAt(url));
  }

  traffic(): TrafficReport {
    return this.#traffic.report();
  }

  limitTraffic(budget: RelayBudget | null, spentToday: readonly SpentToday[]): void {
    this.#traffic.limit(budget, spentToday);
  }

  /** A frame on its way to an own endpoint found no room. */
  dropped(frame: Uint8Array, peer: RouteKey): void {
    this.#traffic.count('dropped', frame, peer, null);
  }

  isAdmitted(key: RouteKey): boolean {
    return this.#identities.has(key);
  }

  admit(secretKey: Uint8Array): EndpointId {
    const identity = this.#newIdentity(secretKey);
    const known = this.#identities.get(identity.key);
    if (known !== undefined) return known.endpointId;
    if (this.#identities.size >= MAX_IDENTITIES) {
      throw new SwitchboardRequestError('secretKey', `is one more than the ${MAX_IDENTITIES} keys of a device`);
    }
    this.#identities.set(identity.key, identity);
    this.review();
    return identity.endpointId;
  }

  /** @returns the key to end on loopback, if it was admitted */
  dismiss(endpointId: EndpointId): RouteKey | null {
    const key = routeKeyOf(keyOfEndpointId(endpointId));
    const identity = this.#identities.get(key);
    if (identity === undefined) return null;
    this.#identities.delete(key);
    identity.close();
    this.review();
    return key;
  }

  configureRelays(relays: readonly RelaySettings[]): void {
    checkRelaySettings(relays, this.#components.loopbackPort());
    this.#presence.configure(relays);
    for (const identity of this.#identities.values()) {
      if (this.#presence.isLanOnly) identity.leaveUnless(() => false);
      for (const { url } of relays) {
        identity.renewTokens(url);
        identity.configured(url);
      }
    }
    this.review();
  }

  isConfigured(url: RelayUrl): boolean {
    return this.#presence.isConfigured(url);
  }

  setPeers(peers: readonly RelayPeer[]): void {
    const kept = peers.filter(({ usesRelays = true }) => !usesRelays);
    this.#traffic.setPaired(routeKeysOf(peers), routeKeysOf(kept));
    this.#peers.setPaired(peers.map((peer) => this.#withoutOwnLoopback(peer)));
    this.#peersChanged();
  }

  setCandidates(candidates: readonly RelayPeer[]): void {
    this.#peers.setCandidates(candidates.map((candidate) => this.#withoutOwnLoopback(candidate)));
    this.#peersChanged();
  }

  /** Relays that said a peer is not there, to the device's own key, and have not passed on anything of it since. */
  absences(endpointId: EndpointId): readonly RelayAbsence[] {
    const [primary] = this.#identities.values();
    const gone = primary?.goneFrom(routeKeyOf(keyOfEndpointId(endpointId))) ?? new Map<RelayUrl, number>();
    const nowMs = this.#components.clock.monotonicMs();
    return [...gone].map(([relayUrl, atMs]) => ({ relayUrl, agoMs: Math.max(0, nowMs - atMs) }));
  }

  watchMachines(isWatched: boolean): readonly MachineSession[] {
    return this.#machines.setWatched(isWatched);
  }

  /** Drops every login at a relay, as if its connections had broken. @returns whether there was one */
  dropRelay(url: RelayUrl): boolean {
    const connections = [...this.#identities.values()].flatMap((identity) => identity.connectionAt(url) ?? []);
    for (const connection of connections) connection.drop();
    return connections.length > 0;
  }

  checkNow(): void {
    for (const identity of this.#identities.values()) identity.checkNow();
  }

  status(): { readonly relays: readonly RelayStatus[]; readonly homeRelayUrl: RelayUrl | null } {
    const urls = new Set<RelayUrl>(this.#presence.held);
    for (const identity of this.#identities.values()) {
      for (const url of identity.relayUrls) urls.add(url);
    }
    return { relays: [...urls].map((url) => this.#presence.statusOf(url)), homeRelayUrl: this.#presence.home };
  }

  /** Decides anew which relays are home and standby, logs in where needed and leaves what is idle. */
  review(): void {
    if (this.#isClosed) return;
    const [primary] = this.#identities.values();
    const nowMs = this.#components.clock.monotonicMs();
    const change = this.#presence.decide(nowMs, primary?.endpointId ?? '');
    const held = this.#presence.held;
    for (const identity of this.#identities.values()) {
      identity.hold(held);
      identity.leaveUnneeded((url) => this.#isNamed(url), this.#components.options.leaveIdleRelayAfterMs);
    }
    this.#tellStatus();
    if (change !== null) this.#tellHome(change);
    this.#tellDiscovery(this.#presence.chooseDiscovery(nowMs));
    this.#reviewLater();
  }

  /** A datagram frame of an own endpoint, size-checked, is to go out. */
  route(from: RouteKey, frame: Buffer): void {
    const peer = this.#receivers.keyOf(frame);
    if (peer === NOBODY) return;
    const sender = this.#identities.get(from);
    if (sender === undefined) return;
    if (!this.#identities.has(peer)) {
      sender.send(frame, peer);
      return;
    }
    if (peer === from) this.#traffic.count('dropped', frame, peer, null);
    else this.#components.deliver(peer, turnIntoDelivery(frame, sender.endpointKey), from);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelReview();
    for (const identity of this.#identities.values()) identity.close();
    this.#identities.clear();
  }

  /** What the person gave for a relay goes before what peers have shared. */
  #tokensOf(url: RelayUrl): readonly string[] {
    const own = this.#presence.tokenOf(url);
    const lent = this.#peers.tokensAt(url);
    return own === null ? lent : [own, ...lent.filter((token) => token !== own)];
  }

  /** Whether a choice of the person's, a paired device or an open session names the relay. */
  #isNamed(url: RelayUrl): boolean {
    return this.#presence.isConfigured(url) || this.#peers.isNamed(url);
  }

  #withoutOwnLoopback(peer: RelayPeer): RelayPeer {
    const port = this.#components.loopbackPort();
    if (port === null || !peer.relayUrls.some((url) => isOwnLoopbackUrl(url, port))) return peer;
    return { ...peer, relayUrls: peer.relayUrls.filter((url) => !isOwnLoopbackUrl(url, port)) };
  }

  /** Whom a relay was joined for may be forgotten, and another token may open it. */
  #peersChanged(): void {
    for (const identity of this.#identities.values()) {
      for (const url of identity.relayUrls) identity.renewTokens(url);
    }
    this.#soonReview();
  }

  /** The login that stands for the device: of the identity admitted first that has one. */
  #connectionAt(url: RelayUrl): ReturnType<DeviceIdentity['connectionAt']> {
    for (const identity of this.#identities.values()) {
      const connection = identity.connectionAt(url);
      if (connection !== undefined) return connection;
    }
    return undefined;
  }

  #newIdentity(secretKey: Uint8Array): DeviceIdentity {
    const { clock, deliver, dial, emit, isOwnChallenge, logger, random } = this.#components;
    const isOwn = this.#identities.size === 0;
    // The key of a code that is shown: what it is called must not lead back to the code.
    const name = `code ${this.#identityCount}`;
    this.#identityCount += 1;
    return new DeviceIdentity(secretKey, {
      clock,
      random,
      logger,
      dial,
      deliver,
      isOwnChallenge,
      traffic: this.#traffic,
      recordOf: (url) => this.#presence.recordOf(url),
      tokensOf: (url) => this.#tokensOf(url),
      ownRelays: () => this.#presence.held,
      isConfigured: (url) => this.#presence.isConfigured(url),
      presence: () => this.#presence.presence,
      hasPeers: () => !this.#peers.isEmpty,
      downCount: () => [...this.#identities.values()].reduce((sum, { downCount }) => sum + downCount, 0),
      hintsFor: (peer) => (this.#presence.isLanOnly ? [] : this.#peers.relaysOf(peer)),
      connectionChanged: () => this.#soonReview(),
      answeredAgain: (url) => {
        const status = isOwn ? this.status().relays.find((relay) => relay.url === url) : undefined;
        if (status !== undefined) emit('relay.answeredAgain', status);
      },
      measured: () => {
        if (this.#presence.comparesLatencies) this.#soonReview();
      },
      left: (url) => this.#left(url),
      watch: (url, machine) => this.#machines.add(isOwn ? url : `${url} (${name})`, machine),
      routeMoved: (_identity, peer, relayUrl, previous) => {
        emit('route.changed', { endpointId: endpointIdOfKey(Buffer.from(peer, 'latin1')), relayUrl, previous });
      },
    });
  }

  /** Changes come in bunches, some of them from within a review: one review follows them all. */
  #soonReview(): void {
    if (this.#isReviewDue) return;
    this.#isReviewDue = true;
    queueMicrotask(() => {
      this.#isReviewDue = false;
      this.review();
    });
  }

  /** Without relays time alone changes nothing, and the device sleeps on. */
  #reviewLater(): void {
    this.#cancelReview();
    if (this.#presence.isLanOnly) return;
    const pauseMs = this.#presence.isSettled ? REVIEW_EVERY_MS.settled : REVIEW_EVERY_MS.unsettled;
    this.#cancelReview = this.#components.clock.setTimer(pauseMs, () => this.review(), {
      unref: true,
      isAligned: true,
    });
  }

  #left(url: RelayUrl): void {
    if (this.#isClosed || this.#connectionAt(url) !== undefined) return;
    this.#toldStatus.delete(url);
    this.#components.emit('relay.left', { url });
  }

  #tellStatus(): void {
    for (const status of this.status().relays) {
      const name = `${status.role} ${status.state} ${status.downReason}`;
      if (this.#toldStatus.get(status.url) === name) continue;
      this.#toldStatus.set(status.url, name);
      this.#components.emit('relay.stateChanged', status);
    }
  }

  #tellDiscovery(relay: AddressDiscoveryRelay | null): void {
    const told = this.#toldDiscovery;
    if (told?.url === relay?.url && told?.quicPort === relay?.quicPort) return;
    this.#toldDiscovery = relay;
    this.#components.logger.info({ relayUrl: relay?.url ?? null }, 'relay for address discovery changed');
    this.#components.emit('addressDiscovery.changed', { relay });
  }

  #tellHome(change: PresenceChange): void {
    const { homeRelayUrl, previous, reason } = change;
    this.#components.logger.info({ homeRelayUrl, previous, reason }, 'home relay changed');
    this.#components.emit('relay.homeChanged', change);
  }
}

const routeKeysOf = (peers: readonly RelayPeer[]): ReadonlySet<RouteKey> =>
  new Set(peers.map(({ endpointId }) => routeKeyOf(keyOfEndpointId(endpointId))));
