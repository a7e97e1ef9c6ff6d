import type {
  AddressDiscoveryRelay,
  BoundEndpoint,
  Cancel,
  DeviceFacts,
  DeviceSummary,
  PresenceKey,
  RelayInfo,
  RelayUrl,
} from '@bowline/contracts';
import { parseRelayUrl } from '@bowline/contracts';

/** How this device can be reached now. */
export interface OwnReachability {
  readonly device: DeviceSummary;
  /** By what paired devices know this one on the local network: a secret. */
  readonly presenceKey: PresenceKey;
  /** How often this device has started, and its own proof of it. */
  readonly start: { readonly incarnation: number; readonly claim: string };
  /** `null` while the endpoint's worker is down or not bound yet. */
  readonly bound: BoundEndpoint | null;
  /** The switchboard's relay on loopback; `null` before it listens. */
  readonly loopbackUrl: string | null;
  /** The relay the endpoint asks for its public address; `null` for none. Peers are not told of it. */
  readonly addressDiscovery: AddressDiscoveryRelay | null;
  readonly relayChoice: DeviceFacts['relayChoice'];
  /** Relays this device was told to use, in order; empty for LAN only. */
  readonly configuredRelayUrls: readonly RelayUrl[];
  /** What peers are told: the home relay first, then standby. */
  readonly relayUrls: readonly RelayUrl[];
  /** Why the first of them is home, in a sentence; `null` while none is. */
  readonly homeReason: string | null;
  /** The record peers are told, as the relay refresh made it last; `null` before. */
  readonly relayInfo: RelayInfo | null;
  /** Relays a joiner meets an initiator on: the configured ones, then public ones unless the device stays on this machine. */
  readonly meetingRelayUrls: readonly RelayUrl[];
}

/** Holds the presence and tells every change of it, once, after it took effect. */
export interface OwnPresence {
  readonly current: OwnReachability;
  update(change: Partial<OwnReachability>): void;
  onChanged(listener: (presence: OwnReachability, previous: OwnReachability) => void): Cancel;
  /** Resolves when `condition` holds, at once if it does. Rejects when `signal` aborts. */
  waitFor<T>(pick: (presence: OwnReachability) => T | null, signal: AbortSignal): Promise<T>;
}

export const ownPresence = (
  device: DeviceSummary,
  presenceKey: PresenceKey,
  start: OwnReachability['start'] = { incarnation: 1, claim: '' },
): OwnPresence => {
  const listeners = new Set<(presence: OwnReachability, previous: OwnReachability) => void>();
  let current: OwnReachability = {
    device,
    presenceKey,
    start,
    bound: null,
    loopbackUrl: null,
    addressDiscovery: null,
    relayChoice: 'default',
    configuredRelayUrls: [],
    relayUrls: [],
    homeReason: null,
    relayInfo: null,
    meetingRelayUrls: [],
  };
  const onChanged: OwnPresence['onChanged'] = (listener) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };
  return {
    get current() {
      return current;
    },
    update: (change) => {
      const previous = current;
      current = { ...current, ...change };
      if (JSON.stringify(previous) === JSON.stringify(current)) return;
      for (const listener of [...listeners]) listener(current, previous);
    },
    onChanged,
    waitFor: (pick, signal) =>
      new Promise((resolve, reject) => {
        const settle = (): boolean => {
          const value = pick(current);
          if (value === null) return false;
          stop();
          resolve(value);
          return true;
        };
        const abort = () => {
          stop();
          reject(signal.reason);
        };
        const cancel = onChanged(() => {
          settle();
        });
        const stop = () => {
          cancel();
          signal.removeEventListener('abort', abort);
        };
        if (signal.aborted) abort();
        else if (!settle()) signal.addEventListener('abort', abort, { once: true });
      }),
  };
};

/** URLs that parse, in order, without repeats. */
export const distinctRelayUrls = (texts: readonly string[]): readonly RelayUrl[] => [
  ...new Set(texts.map(parseRelayUrl).filter((url) => url !== undefined)),
];
