import {
  type EndpointId,
  type EventName,
  type EventPayload,
  parseRelayUrl,
  type RelayPeer,
  type RelaySettings,
  type RelaySwitchboardChannel,
  type RelayToken,
  type RelayUrl,
} from '@bowline/contracts';
import {
  decodeDatagramFrame,
  encodeDatagramToRelay,
  endpointKeyOf,
  keyOfEndpointId,
  routeKeyOf,
} from '@bowline/relay-protocol';
import { type FakeClock, memoryLogger, seededRandom } from '@bowline/testing';
import { type RelaySwitchboardOptionsInput, resolveRelaySwitchboardOptions } from '../../src/index.ts';
import { Switchboard } from '../../src/switchboard.ts';
import type { SimulatedRelays } from './simulated-relays.ts';

export const relayUrl = (name: string): RelayUrl => {
  const url = parseRelayUrl(`https://${name}.example`);
  if (url === undefined) throw new Error(`${name} makes no relay URL`);
  return url;
};

export const settings = (name: string, rest: Partial<RelaySettings> = {}): RelaySettings => ({
  url: relayUrl(name),
  token: null,
  tier: 0,
  ...rest,
});

interface Told {
  readonly event: string;
  readonly payload: unknown;
}

/** A switchboard without sockets: datagrams are given to it and read from it as the endpoint would. */
export class SimulatedDevice {
  readonly switchboard: Switchboard;
  readonly endpointId: EndpointId;
  readonly secretKey: Uint8Array;
  readonly logger = memoryLogger();
  readonly told: Told[] = [];
  readonly #candidates = new Map<EndpointId, RelayPeer>();
  /** Texts of datagrams that reached the endpoint, in order. */
  readonly received: string[] = [];

  constructor(clock: FakeClock, relays: SimulatedRelays, seed: number, options: RelaySwitchboardOptionsInput = {}) {
    this.secretKey = Uint8Array.from({ length: 32 }, (_, index) => (seed * 7 + index) & 0xff);
    this.switchboard = new Switchboard({
      options: resolveRelaySwitchboardOptions(options),
      clock,
      random: seededRandom(seed),
      logger: this.logger,
      emit: (event, payload) => {
        this.told.push({ event, payload });
      },
      dial: relays.dial,
      deliver: (_key, frame) => {
        this.received.push(Buffer.from(decodeDatagramFrame(frame).contents).toString());
      },
      isOwnChallenge: () => false,
      loopbackPort: () => 4_000,
    });
    this.endpointId = this.switchboard.admit(this.secretKey);
  }

  /** A pairing session looks for this device at these relays. */
  hint(endpointId: EndpointId, relayUrls: readonly RelayUrl[]): void {
    this.#look(endpointId, { relayUrls });
  }

  /** It has tokens of that device's relays. */
  lend(endpointId: EndpointId, tokens: readonly RelayToken[]): void {
    this.#look(endpointId, { tokens });
  }

  /** It looks for this device no more. */
  forget(endpointId: EndpointId): void {
    this.#candidates.delete(endpointId);
    this.switchboard.setCandidates([...this.#candidates.values()]);
  }

  #look(endpointId: EndpointId, told: Partial<RelayPeer>): void {
    const known = this.#candidates.get(endpointId) ?? { endpointId, relayUrls: [], tokens: [] };
    this.#candidates.set(endpointId, { ...known, ...told });
    this.switchboard.setCandidates([...this.#candidates.values()]);
  }

  /** The endpoint sends one datagram. */
  send(to: EndpointId, text: string, from: Uint8Array = this.secretKey): void {
    const frame = encodeDatagramToRelay({
      endpointKey: keyOfEndpointId(to),
      ecn: 0,
      segmentBytes: null,
      contents: Buffer.from(text),
    });
    this.switchboard.route(routeKeyOf(endpointKeyOf(from)), frame);
  }

  toldOf<E extends EventName<RelaySwitchboardChannel>>(event: E): readonly EventPayload<RelaySwitchboardChannel, E>[] {
    return this.told.filter((entry) => entry.event === event).map((entry) => entry.payload) as never;
  }

  /** Takes what was received so far. */
  take(): readonly string[] {
    return this.received.splice(0);
  }
}
