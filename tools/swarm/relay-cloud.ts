import { type Clock, type EndpointId, endpointIdOf, type RelayDownReason, type RelayUrl } from '@bowline/contracts';
import {
  decodeClientAuth,
  decodeClientFrame,
  encodePong,
  encodeRelayFrame,
  encodeServerChallenge,
  encodeServerConfirmsAuth,
  isDatagramToRelay,
} from '@bowline/relay-protocol';
import type { DialRelay, RelayTarget, RelayTransportEvents } from '@bowline/relay-switchboard';

/** `down`: its host refuses; `frozen`: it takes everything and answers nothing. */
export type RelayMode = 'up' | 'down' | 'frozen';

/** How one device reaches relays just now: at all, not (`dark`: nobody says so), or it has no network and knows. */
export type Uplink = 'open' | 'dark' | 'none';

/** One device, as relays see it. */
export interface RelayCustomer {
  readonly uplink: () => Uplink;
  /** One way, milliseconds. */
  readonly latencyMs: () => number;
  /** A login of its own key has begun or ended. */
  readonly onLoginsChanged: () => void;
}

/** Relays in virtual time: logins and heartbeats; what connections carry does not go through here. */
export interface RelayCloud {
  dialler(customer: RelayCustomer): DialRelay;
  setMode(url: RelayUrl, mode: RelayMode): void;
  /** Whether a relay passes on what is sent to an endpoint. */
  has(url: RelayUrl, endpointId: EndpointId): boolean;
  /** A device is on another network: what it has open leads nowhere. */
  strand(customer: RelayCustomer): void;
  /** The process of a device is gone: its sockets close. */
  dropAll(customer: RelayCustomer): void;
}

interface Login {
  readonly customer: RelayCustomer;
  readonly target: RelayTarget;
  readonly endpointId: EndpointId;
  readonly events: RelayTransportEvents;
  isIn: boolean;
  isOpen: boolean;
  /** The device has left the network it was opened from: nothing passes, and nobody says so. */
  isStranded: boolean;
}

const CHALLENGE = Uint8Array.from({ length: 16 }, (_, index) => index);

export const relayCloud = (clock: Clock): RelayCloud => {
  const modes = new Map<RelayUrl, RelayMode>();
  /** Deriving a key's id costs more than all else of a login, and devices that are away try again all the time. */
  const ids = new WeakMap<Uint8Array, EndpointId>();
  /** Who is logged in: the last login of each key. */
  const present = new Map<RelayUrl, Map<EndpointId, Login>>();
  const sockets = new Map<RelayCustomer, Set<Login>>();

  const modeOf = (url: RelayUrl): RelayMode => modes.get(url) ?? 'up';
  const presentAt = (url: RelayUrl): Map<EndpointId, Login> => {
    const there = present.get(url) ?? new Map();
    present.set(url, there);
    return there;
  };
  const later = ({ customer }: Login, action: () => void): void => {
    clock.setTimer(customer.latencyMs(), action);
  };
  /** What is on its way while the device or the relay is out of reach is lost with the connection. */
  const passes = ({ isOpen, isStranded, customer, target }: Login): boolean =>
    isOpen && !isStranded && customer.uplink() === 'open' && modeOf(target.url) === 'up';

  const drop = (login: Login): void => {
    if (!login.isOpen) return;
    login.isOpen = false;
    sockets.get(login.customer)?.delete(login);
    if (!login.isIn) return;
    login.isIn = false;
    const there = presentAt(login.target.url);
    if (there.get(login.endpointId) === login) there.delete(login.endpointId);
    login.customer.onLoginsChanged();
  };
  const end = (login: Login, reason: RelayDownReason): void => {
    if (!login.isOpen) return;
    drop(login);
    login.events.closed(reason, 'simulated');
  };
  const tell = (login: Login, frame: Uint8Array): void =>
    later(login, () => {
      // A copy: a view would take the bytes of each frame out of the heap first.
      if (passes(login)) login.events.message(Buffer.from(frame));
    });

  const logIn = (login: Login, frame: Uint8Array): void => {
    decodeClientAuth(frame);
    const there = presentAt(login.target.url);
    const older = there.get(login.endpointId);
    if (older !== undefined) {
      older.isIn = false;
      tell(older, encodeRelayFrame({ type: 'status', health: 'same-endpoint-connected' }));
    }
    login.isIn = true;
    there.set(login.endpointId, login);
    tell(login, encodeServerConfirmsAuth());
    login.customer.onLoginsChanged();
  };

  const receive = (login: Login, frame: Uint8Array): void => {
    if (!login.isIn) {
      logIn(login, frame);
      return;
    }
    if (isDatagramToRelay(frame)) return;
    const control = decodeClientFrame(frame);
    if (control.type === 'ping') tell(login, encodePong(control.payload));
  };

  const opened = (login: Login): void => {
    if (!login.isOpen || login.customer.uplink() === 'dark') return;
    if (login.customer.uplink() === 'none' || modeOf(login.target.url) === 'down') {
      end(login, 'tcp');
      return;
    }
    login.events.reached();
    if (modeOf(login.target.url) === 'frozen') return;
    login.events.opened(2);
    tell(login, encodeServerChallenge(CHALLENGE));
  };

  return {
    dialler: (customer) => (target, events) => {
      const endpointId = ids.get(target.secretKey) ?? endpointIdOf(target.secretKey);
      ids.set(target.secretKey, endpointId);
      const login: Login = { customer, target, endpointId, events, isIn: false, isOpen: true, isStranded: false };
      const own = sockets.get(customer) ?? new Set();
      sockets.set(customer, own.add(login));
      later(login, () => opened(login));
      return {
        bufferedBytes: 0,
        get isStranded() {
          return login.isStranded;
        },
        unreachedReason: 'tcp',
        send: (frame, onFlushed) => {
          if (onFlushed !== undefined) queueMicrotask(onFlushed);
          later(login, () => {
            if (passes(login)) receive(login, frame);
          });
        },
        terminate: () => drop(login),
      };
    },
    setMode: (url, mode) => {
      modes.set(url, mode);
      const logins = [...sockets.values()].flatMap((own) => [...own]).filter(({ target }) => target.url === url);
      for (const login of logins) {
        if (mode === 'down' && login.customer.uplink() === 'open') end(login, 'closed');
        else if (mode !== 'frozen' && mode !== 'up') drop(login);
        else if (login.isIn) login.customer.onLoginsChanged();
      }
    },
    has: (url, endpointId) => {
      const login = present.get(url)?.get(endpointId);
      return login?.isIn === true && passes(login);
    },
    strand: (customer) => {
      for (const login of sockets.get(customer) ?? []) login.isStranded = true;
      customer.onLoginsChanged();
    },
    dropAll: (customer) => {
      for (const login of [...(sockets.get(customer) ?? [])]) drop(login);
      sockets.delete(customer);
    },
  };
};
