import {
  type Advertisement,
  BowlineError,
  type Candidate,
  type ChannelClient,
  type ChannelDefinition,
  type DiscoveryMdnsChannel,
  deviceIdOf,
  type EndpointId,
  type EventName,
  type EventPayload,
  endpointIdOf,
  type PeerDevice,
  type PersistenceChannel,
  type RelayPeer,
  type RelayStatus,
  type RelaySwitchboardChannel,
  type RelayToken,
  type RelayUrl,
  type RequestName,
  type RequestOptions,
  type SearchReport,
  type SocketAddress,
} from '@bowline/contracts';
import { emptyMemoryDisk, type FakeClock, memoryStore, seededRandom } from '@bowline/testing';

type Handlers = Readonly<Record<string, (input: never, options?: RequestOptions) => unknown>>;

/** A client whose requests go to plain functions; `tell` reaches its listeners. */
export const fakeClient = <C extends ChannelDefinition>(handlers: Handlers) => {
  const listeners = new Map<string, Set<(payload: never) => void>>();
  const client: ChannelClient<C> = {
    request: async (name: RequestName<C>, input, options) => {
      await Promise.resolve();
      const handler = handlers[name];
      if (handler === undefined) throw new Error(`the fake has no ${name}`);
      return (await handler(input as never, options)) as never;
    },
    on: (event, listener) => {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set.add(listener as (payload: never) => void));
      return () => {
        set.delete(listener as (payload: never) => void);
      };
    },
  };
  const tell = <E extends EventName<C>>(event: E, payload: EventPayload<C, E>): void => {
    for (const listener of listeners.get(event) ?? []) listener(payload as never);
  };
  return { client, tell };
};

/** A store in memory that can be told to fail, to die, or to take its time. */
export const fakeStore = (clock: FakeClock) => {
  const secretKey = new Uint8Array(32);
  const endpointId = endpointIdOf(secretKey);
  const disk = emptyMemoryDisk({ id: deviceIdOf(endpointId), endpointId, name: 'here', secretKey, incarnation: 0 });
  const { handlers } = memoryStore(disk)({ clock, random: seededRandom(1) });
  let failure: BowlineError | null = null;
  let tokenFailure: BowlineError | null = null;
  let held: Promise<void> = Promise.resolve();
  let dying: { readonly at: string; readonly isStored: boolean; readonly downMs: number } | null = null;
  let isDown = false;

  /** What pairing writes, each of it once nothing holds the store and unless it is to fail. */
  const writing = async (name: RequestName<PersistenceChannel>): Promise<void> => {
    if (name === 'addPending') await held;
    const isPairing = name === 'addPending' || name === 'renew' || name === 'promote';
    if (isPairing && failure !== null) throw failure;
    if (name === 'putRelayTokens' && tokenFailure !== null) throw tokenFailure;
  };
  const { client: whole } = fakeClient<PersistenceChannel>(
    Object.fromEntries(
      Object.entries(handlers).map(([name, handler]) => [
        name,
        async (input: never) => {
          await writing(name as RequestName<PersistenceChannel>);
          return handler(input, { signal: new AbortController().signal });
        },
      ]),
    ),
  );
  const client: typeof whole = {
    ...whole,
    request: async (name, input, options) => {
      if (isDown) throw new BowlineError({ code: 'WORKER_DOWN', message: 'the store is being restarted' });
      if (dying?.at !== name) return whole.request(name, input, options);
      const { isStored, downMs } = dying;
      dying = null;
      isDown = true;
      clock.setTimer(downMs, () => {
        isDown = false;
      });
      if (isStored) await whole.request(name, input, options);
      throw new BowlineError({ code: 'CHANNEL_CLOSED', message: 'the store died' });
    },
  };
  return {
    client,
    /** Its worker dies when it is next asked this, before or after it has done so, and is back `downMs` later. */
    dieAt: (at: RequestName<PersistenceChannel>, isStored: boolean, downMs: number) => {
      dying = { at, isStored, downMs };
    },
    list: (): readonly PeerDevice[] => [...disk.devices.values()],
    tokens: (): readonly RelayToken[] => [...disk.tokens.values()].flat(),
    states: () => [...disk.devices.values()].map(({ pairingState }) => pairingState),
    fail: (code: string | null) => {
      failure = code === null ? null : new BowlineError({ code, message: 'the store failed' });
    },
    /** Devices are stored, and their tokens are not. */
    failTokens: (code: string) => {
      tokenFailure = new BowlineError({ code, message: 'the store failed' });
    },
    /** Nothing is stored until the returned function is called. */
    hold: (): (() => void) => {
      const gate = Promise.withResolvers<void>();
      held = gate.promise;
      return gate.resolve;
    },
    put: (device: PeerDevice) => disk.devices.set(device.id, device),
  };
};

/** A local network on which mDNS records are heard by everybody at once. */
export const fakeLan = () => {
  interface Record extends Advertisement {
    readonly directAddresses: readonly SocketAddress[];
  }
  const records = new Map<string, Record>();
  const searches = new Set<() => void>();
  const announce = (): void => {
    for (const look of searches) look();
  };
  return {
    tags: () => [...records.values()].map(({ lanTag }) => lanTag),
    /** A record of whoever wants to be found for a tag. */
    forge: (name: string, lanTag: string, endpointId: EndpointId, directAddresses: readonly SocketAddress[]) => {
      records.set(name, { advertisementId: name, endpointId, port: 1, lanTag, directAddresses });
      announce();
    },
    join: (clock: FakeClock, device: string, addressesOf: () => readonly SocketAddress[], isOn: () => boolean) => {
      const { client, tell } = fakeClient<DiscoveryMdnsChannel>({
        advertise: (advertisement: Advertisement) => {
          if (!isOn()) return;
          records.set(`${device}/${advertisement.advertisementId}`, {
            ...advertisement,
            directAddresses: addressesOf(),
          });
          announce();
        },
        withdraw: ({ advertisementId }: { advertisementId: string }) => {
          records.delete(`${device}/${advertisementId}`);
        },
        search: (
          { searchId, target, timeoutMs }: { searchId: string; target: { lanTag: string }; timeoutMs: number },
          options?: RequestOptions,
        ): SearchReport | Promise<SearchReport> => {
          if (!isOn()) return { source: 'mdns', candidateCount: 0, summary: 'mDNS is off' };
          const told = new Set<string>();
          const look = (): void => {
            for (const { lanTag, endpointId, directAddresses } of records.values()) {
              const key = `${endpointId} ${directAddresses.join()}`;
              if (endpointId === null || lanTag !== target.lanTag || told.has(key)) continue;
              told.add(key);
              const address = { endpointId, directAddresses, relayUrls: [] };
              const candidate: Candidate = { source: 'mdns', kind: 'device', address };
              tell('candidate.found', { searchId, candidate });
            }
          };
          searches.add(look);
          const result = Promise.withResolvers<SearchReport>();
          const cancel = clock.setTimer(timeoutMs, () => {
            searches.delete(look);
            const summary = `no answer in ${timeoutMs / 1_000} s on lan0`;
            result.resolve({ source: 'mdns', candidateCount: told.size, summary });
          });
          options?.signal?.addEventListener('abort', () => {
            cancel();
            searches.delete(look);
            result.reject(new BowlineError({ code: 'CHANNEL_CANCELLED', message: 'cancelled' }));
          });
          look();
          return result.promise;
        },
      });
      return client;
    },
  };
};

/** A switchboard that remembers what it was asked. */
export const fakeSwitchboard = () => {
  const admitted = new Set<EndpointId>();
  const hints = new Map<EndpointId, readonly RelayUrl[]>();
  const lent = new Map<EndpointId, readonly RelayToken[]>();
  let relays: readonly RelayStatus[] = [];
  let held: Promise<void> = Promise.resolve();
  const { client } = fakeClient<RelaySwitchboardChannel>({
    admit: ({ secretKey }: { secretKey: Uint8Array }) => {
      const endpointId = endpointIdOf(secretKey);
      admitted.add(endpointId);
      return { endpointId };
    },
    dismiss: ({ endpointId }: { endpointId: EndpointId }) => {
      admitted.delete(endpointId);
    },
    setCandidates: ({ candidates }: { candidates: readonly RelayPeer[] }) => {
      hints.clear();
      lent.clear();
      for (const { endpointId, relayUrls, tokens } of candidates) {
        if (relayUrls.length > 0) hints.set(endpointId, relayUrls);
        if (tokens.length > 0) lent.set(endpointId, tokens);
      }
    },
    status: async () => {
      await held;
      return { relays, homeRelayUrl: null };
    },
  });
  return {
    client,
    admitted,
    hints,
    lent,
    /** Nobody is told of the relays until the returned function is called. */
    holdStatus: (): (() => void) => {
      const gate = Promise.withResolvers<void>();
      held = gate.promise;
      return gate.resolve;
    },
    setRelays: (next: readonly RelayStatus[]) => {
      relays = next;
    },
  };
};
