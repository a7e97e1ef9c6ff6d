import type { Clock, ConnectionPath, DeviceId, ServiceOffer } from '@bowline/contracts';
import { InvalidOptionError } from '@bowline/contracts';
import { MAX_LISTED_SERVICES, type RefusalReason, SERVICE_NAME_PATTERN } from '@bowline/stream-protocol';

/** Most streams of one service that a device may be allowed at once. */
const MOST_STREAMS = 256;

const DAY_MS = 86_400_000;

/** Who may use what, and how much of it through relays. */
export interface ServiceAdmission {
  /** @throws {@link InvalidOptionError} for an offer that breaks its rule; nothing is changed then */
  setServices(services: readonly ServiceOffer[]): void;
  /** What a device may use, by name. */
  listFor(deviceId: DeviceId): readonly string[];
  /** Why a stream is refused; `null`: it is not. @param openStreams of this service and device. */
  judge(deviceId: DeviceId, name: string, path: ConnectionPath | null, openStreams: number): RefusalReason | null;
  /** Why an open stream may not go on; `null`: it may. */
  judgeOpen(deviceId: DeviceId, name: string, path: ConnectionPath | null): OngoingRefusal | null;
  /** Counts bytes that went through a relay. */
  noteRelayed(name: string, count: number): void;
}

/** Names of `RESET_CODES`. */
export type OngoingRefusal = 'withdrawn' | 'forbidden' | 'relay-denied' | 'relay-budget-spent';

export const serviceAdmission = (clock: Clock): ServiceAdmission => {
  let offers = new Map<string, ServiceOffer>();
  let spent = new Map<string, number>();
  let day = -1;

  const spentToday = (name: string): number => {
    const today = Math.floor(clock.nowMs() / DAY_MS);
    if (today !== day) {
      day = today;
      spent = new Map();
    }
    return spent.get(name) ?? 0;
  };
  const isAllowed = ({ allow }: ServiceOffer, deviceId: DeviceId): boolean =>
    allow === 'paired' || allow.includes(deviceId);
  const judgeRelay = ({ name, relay }: ServiceOffer, path: ConnectionPath | null) => {
    if (path?.kind !== 'relay' || relay === 'allow') return null;
    if (relay === 'deny') return 'relay-denied';
    return spentToday(name) >= relay.bytesPerDay ? 'relay-budget-spent' : null;
  };

  return {
    setServices: (services) => {
      const next = new Map<string, ServiceOffer>();
      for (const offer of services) next.set(checkOffer(offer).name, offer);
      if (next.size !== services.length) throw new InvalidOptionError('services', 'must not name one twice', '');
      if (next.size > MAX_LISTED_SERVICES) {
        throw new InvalidOptionError('services', `must be ${MAX_LISTED_SERVICES} at most`, next.size);
      }
      offers = next;
    },
    listFor: (deviceId) => [...offers.values()].filter((offer) => isAllowed(offer, deviceId)).map(({ name }) => name),
    judge: (deviceId, name, path, openStreams) => {
      const offer = offers.get(name);
      if (offer === undefined) return 'unknown-service';
      if (!isAllowed(offer, deviceId)) return 'forbidden';
      return judgeRelay(offer, path) ?? (openStreams >= offer.maxStreams ? 'too-many-streams' : null);
    },
    judgeOpen: (deviceId, name, path) => {
      const offer = offers.get(name);
      if (offer === undefined) return 'withdrawn';
      return isAllowed(offer, deviceId) ? judgeRelay(offer, path) : 'forbidden';
    },
    noteRelayed: (name, count) => {
      const before = spentToday(name);
      if (typeof offers.get(name)?.relay === 'object') spent.set(name, before + count);
    },
  };
};

const checkOffer = (offer: ServiceOffer): ServiceOffer => {
  const { name, allow, relay, maxStreams } = offer;
  if (!SERVICE_NAME_PATTERN.test(name)) {
    throw new InvalidOptionError(
      'name',
      'must be 1 to 64 of "A-Z a-z 0-9 . _ / + -" and begin with a letter or digit',
      name,
    );
  }
  if (allow !== 'paired' && !Array.isArray(allow)) {
    throw new InvalidOptionError('allow', 'must be "paired" or a list of devices', allow);
  }
  if (relay !== 'allow' && relay !== 'deny' && !isBudget(relay)) {
    throw new InvalidOptionError('relay', 'must be "allow", "deny" or { bytesPerDay }', relay);
  }
  if (!Number.isInteger(maxStreams) || maxStreams < 1 || maxStreams > MOST_STREAMS) {
    throw new InvalidOptionError('maxStreams', `must be a whole number from 1 to ${MOST_STREAMS}`, maxStreams);
  }
  return offer;
};

const isBudget = (relay: unknown): boolean =>
  typeof relay === 'object' &&
  relay !== null &&
  'bytesPerDay' in relay &&
  typeof relay.bytesPerDay === 'number' &&
  relay.bytesPerDay >= 0;
