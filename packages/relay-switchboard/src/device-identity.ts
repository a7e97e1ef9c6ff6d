import type { Cancel, Clock, EndpointId, Logger, Random, RelayUrl } from '@bowline/contracts';
import type { WatchedActor } from '@bowline/machines';
import { endpointIdOfKey, endpointKeyOf, type RouteKey, routeKeyOf } from '@bowline/relay-protocol';
import { RelayConnection } from './relay-connection.ts';
import type { RelayRecord } from './relay-record.ts';
import type { DialRelay } from './relay-transport.ts';
import { RouteKeyReader } from './route-key-reader.ts';
import { RouteTable } from './route-table.ts';
import type { TrafficAccount } from './traffic-account.ts';

/** Relays joined for peers by one identity at most; the longest idle one gives way. */
const MAX_PEER_RELAYS = 32;

/** A relay that was needed within this time is waited for, milliseconds: a dial lasts 10 s, and the next one follows. */
const WANTED_FOR_MS = 30_000;

/** What an identity needs from the switchboard around it. */
export interface IdentityComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly dial: DialRelay;
  readonly traffic: TrafficAccount;
  readonly isOwnChallenge: (challenge: Uint8Array) => boolean;
  readonly recordOf: (url: RelayUrl) => RelayRecord;
  /** What may be shown at a login, best first. */
  readonly tokensOf: (url: RelayUrl) => readonly string[];
  /** Relays this device is logged in to for its own presence, home first. */
  readonly ownRelays: () => readonly RelayUrl[];
  /** Whether the person chose the relay. */
  readonly isConfigured: (url: RelayUrl) => boolean;
  /** Home first, then standby: where a peer without a better hint is looked for. */
  readonly presence: () => readonly RelayUrl[];
  readonly hintsFor: (peer: RouteKey) => readonly RelayUrl[];
  /** Whether there is any device to be reached, or to be reached by. */
  readonly hasPeers: () => boolean;
  /** Connections of all identities that are down. */
  readonly downCount: () => number;
  /** Hands a frame to the endpoint on loopback. */
  readonly deliver: (key: RouteKey, frame: Uint8Array, peer: RouteKey) => void;
  /** A connection of this identity changed its state. */
  readonly connectionChanged: (url: RelayUrl) => void;
  /** A relay that was out of reach answers on the connection there was. */
  readonly answeredAgain: (url: RelayUrl) => void;
  readonly measured: (url: RelayUrl) => void;
  readonly routeMoved: (identity: DeviceIdentity, peer: RouteKey, to: RelayUrl, from: RelayUrl | null) => void;
  readonly left: (url: RelayUrl) => void;
  /** Lists the machine of a login among those that can be watched. @returns what takes it off again */
  readonly watch: (url: RelayUrl, machine: WatchedActor) => Cancel;
}

/** One of this device's keys: its logins at the relays, and the routes to its peers. */
export class DeviceIdentity {
  readonly endpointId: EndpointId;
  /** The public key, 32 bytes. */
  readonly endpointKey: Uint8Array;
  readonly key: RouteKey;
  readonly #secretKey: Uint8Array;
  readonly #components: IdentityComponents;
  readonly #routes: RouteTable<RelayConnection>;
  readonly #connections = new Map<RelayUrl, RelayConnection>();
  readonly #senders = new RouteKeyReader();

  /** @param secretKey 32 bytes, a secret; copied */
  constructor(secretKey: Uint8Array, components: IdentityComponents) {
    this.#secretKey = Uint8Array.from(secretKey);
    this.endpointKey = endpointKeyOf(this.#secretKey);
    this.endpointId = endpointIdOfKey(this.endpointKey);
    this.key = routeKeyOf(this.endpointKey);
    this.#components = components;
    this.#routes = new RouteTable(() => components.random.ratio());
  }

  connectionAt(url: RelayUrl): RelayConnection | undefined {
    return this.#connections.get(url);
  }

  get relayUrls(): readonly RelayUrl[] {
    return [...this.#connections.keys()];
  }

  /** How many of its logins are down. */
  get downCount(): number {
    let count = 0;
    for (const { state } of this.#connections.values()) if (state === 'down') count += 1;
    return count;
  }

  /** Sends a datagram frame of the endpoint to `peer`: over its certain route, or over every plausible one. */
  send(frame: Uint8Array, peer: RouteKey): void {
    this.#pass(frame, peer, false);
  }

  /** @param isAgain whether it was sent before: then it is no reason to stay anywhere */
  #pass(frame: Uint8Array, peer: RouteKey, isAgain: boolean): void {
    const { clock, hintsFor, presence, traffic } = this.#components;
    if (!traffic.admits(frame, peer, 'out')) {
      traffic.count('dropped', frame, peer, null);
      return;
    }
    const nowMs = clock.monotonicMs();
    const certain = this.#routes.certain(peer, nowMs);
    if (certain !== null) {
      if (!isAgain) certain.need(nowMs);
      certain.send(frame, peer, nowMs);
      this.#routes.sent(peer, nowMs);
      return;
    }
    const urls = this.#routes.plausible(peer, nowMs, { hinted: hintsFor(peer), own: presence() });
    if (urls.length === 0) {
      traffic.count('dropped', frame, peer, null);
      return;
    }
    for (const url of urls) {
      const connection = this.#connectionTo(url);
      if (!isAgain) connection.need(nowMs);
      connection.send(frame, peer, nowMs);
    }
    this.#routes.sent(peer, nowMs);
  }

  /** Relays that say a peer is not there, as `RouteTable` has them. */
  goneFrom(peer: RouteKey): ReadonlyMap<RelayUrl, number> {
    return this.#routes.goneFrom(peer);
  }

  /** Is logged in to `urls` from now on; logins not among them end when nobody needs them. */
  hold(urls: readonly RelayUrl[]): void {
    for (const url of urls) this.#connectionTo(url);
  }

  /** Ends logins beyond this device's own: at once where `isNamed` knows nobody, otherwise after `idleMs` without need. */
  leaveUnneeded(isNamed: (url: RelayUrl) => boolean, idleMs: number): void {
    const nowMs = this.#components.clock.monotonicMs();
    const own = this.#components.ownRelays();
    for (const [url, connection] of this.#connections) {
      if (own.includes(url)) continue;
      if (!isNamed(url) || nowMs - connection.neededAtMs >= idleMs) this.#leave(url, connection);
    }
  }

  /** Ends every login at relays `mayStay` does not name. */
  leaveUnless(mayStay: (url: RelayUrl) => boolean): void {
    for (const [url, connection] of this.#connections) {
      if (!mayStay(url)) this.#leave(url, connection);
    }
  }

  /** The relay is one of the person's now: what was kept from it as a stranger is no matter any more. */
  configured(url: RelayUrl): void {
    const connection = this.#connections.get(url);
    if (connection?.downReason === 'notConfigured') connection.checkNow();
  }

  /** Takes the tokens as they are now for the next login, and tries at once where the old ones failed. */
  renewTokens(url: RelayUrl): void {
    this.#connections.get(url)?.replaceTokens(this.#components.tokensOf(url));
  }

  checkNow(): void {
    for (const connection of this.#connections.values()) connection.checkNow();
  }

  /** Ends every login and forgets the secret key. */
  close(): void {
    this.leaveUnless(() => false);
    this.#secretKey.fill(0);
  }

  #connectionTo(url: RelayUrl): RelayConnection {
    return this.#connections.get(url) ?? this.#connect(url);
  }

  #connect(url: RelayUrl): RelayConnection {
    const { clock, connectionChanged, dial, downCount, hasPeers, isOwnChallenge, logger, measured } = this.#components;
    const { isConfigured, ownRelays, random, recordOf, tokensOf, traffic, watch } = this.#components;
    this.#makeRoom();
    const connection: RelayConnection = new RelayConnection({
      record: recordOf(url),
      tokens: tokensOf(url),
      secretKey: this.#secretKey,
      clock,
      random,
      logger,
      dial,
      isOwnChallenge,
      isConfigured: () => isConfigured(url),
      downCount,
      watch: (machine) => watch(url, machine),
      isWanted: () =>
        (hasPeers() && ownRelays().includes(url)) || clock.monotonicMs() - connection.neededAtMs < WANTED_FOR_MS,
      events: {
        changed: () => connectionChanged(url),
        answeredAgain: () => this.#components.answeredAgain(url),
        measured: () => measured(url),
        datagrams: (frame, nowMs) => this.#receive(connection, frame, nowMs),
        peerGone: (peer) => this.#routes.gone(peer, connection, clock.monotonicMs()),
        lost: (frame, peer) => this.#pass(frame, peer, true),
        sent: (frame, peer) => traffic.count('sent', frame, peer, url),
        dropped: (frame, peer) => traffic.count('dropped', frame, peer, url),
      },
    });
    this.#connections.set(url, connection);
    connectionChanged(url);
    return connection;
  }

  #receive(connection: RelayConnection, frame: Buffer, nowMs: number): void {
    const { deliver, routeMoved, traffic } = this.#components;
    const peer = this.#senders.keyOf(frame);
    // Who sent a frame is the relay's word alone: one that the peer is not said to be on gets no answers for it.
    if (this.#isExpectedAt(connection, peer)) {
      connection.need(nowMs);
      const move = this.#routes.heard(peer, connection, nowMs);
      if (move !== null) routeMoved(this, peer, move.to.url, move.from?.url ?? null);
    }
    if (!traffic.admits(frame, peer, 'in')) {
      traffic.count('dropped', frame, peer, connection.url);
      return;
    }
    traffic.count('received', frame, peer, connection.url);
    deliver(this.key, frame, peer);
  }

  /** Whether the relay's word for who sent a frame counts: one of this device's own, or one the peer is said to be on. */
  #isExpectedAt(connection: RelayConnection, peer: RouteKey): boolean {
    if (this.#routes.currentOf(peer) === connection) return true;
    const { hintsFor, isConfigured } = this.#components;
    return isConfigured(connection.url) || hintsFor(peer).includes(connection.url);
  }

  #makeRoom(): void {
    const own = this.#components.ownRelays();
    const others = [...this.#connections].filter(([url]) => !own.includes(url));
    if (others.length < MAX_PEER_RELAYS) return;
    const [idlest] = others.sort(([, left], [, right]) => left.neededAtMs - right.neededAtMs);
    if (idlest !== undefined) this.#leave(...idlest);
  }

  #leave(url: RelayUrl, connection: RelayConnection): void {
    this.#connections.delete(url);
    connection.close();
    this.#routes.forgetRelay(connection);
    this.#components.left(url);
  }
}
