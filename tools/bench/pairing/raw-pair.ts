import {
  type Connection,
  Endpoint,
  EndpointAddr,
  type Incoming,
  presetMinimal,
  RelayMap,
  RelayMode,
} from '@number0/iroh';

export const LOOPBACK = ['127.0.0.1', '::1'] as const;

/** Addresses that can be bound and are never reached: whoever is bound to them is found through a relay alone. */
export const DEAF = ['239.255.77.77', 'ff00::4d4d'] as const;

const ALPN = [...Buffer.from('bowline-bench/pair')];
const MESSAGE = [...Buffer.alloc(200, 1)];
const MAX_BYTES = 1_024;
const ROUND_TRIPS = 2;

/** Two bound iroh endpoints, nothing of ours between them but a relay if one is given: what pairing is compared with. */
export interface RawPair extends AsyncDisposable {
  /** Milliseconds a fresh connection and two round trips on it take. */
  connect(): Promise<number>;
}

const bound = async (addresses: readonly [string, string], relayUrl: string | null): Promise<Endpoint> => {
  const builder = Endpoint.builder();
  presetMinimal(builder);
  builder.alpns([ALPN]);
  const map = RelayMap.empty();
  if (relayUrl !== null) map.insert({ url: relayUrl });
  builder.relayMode(relayUrl === null ? RelayMode.disabled() : RelayMode.custom(map));
  builder.bindAddr(`${addresses[0]}:0`);
  builder.bindAddr(`[${addresses[1]}]:0`);
  const endpoint = await builder.bind();
  if (relayUrl !== null) await endpoint.online();
  return endpoint;
};

/** @param relayUrl all that is between the two; `null` puts them on loopback */
export const rawPair = async (relayUrl: string | null): Promise<RawPair> => {
  const near = await bound(LOOPBACK, relayUrl);
  const far = await bound(relayUrl === null ? LOOPBACK : DEAF, relayUrl);
  // iroh closes what is collected.
  const kept = new Set<Connection>();
  const answer = async (incoming: Incoming): Promise<void> => {
    const connection = await (await incoming.accept()).connect();
    kept.add(connection);
    for (let count = 0; count < ROUND_TRIPS; count += 1) {
      const { send, recv } = await connection.acceptBi();
      await send.writeAll(await recv.readToEnd(MAX_BYTES));
      await send.finish();
    }
    await connection.closed();
    kept.delete(connection);
  };
  const acceptAll = async (): Promise<void> => {
    for (let next = await far.acceptNext(); next !== null; next = await far.acceptNext()) {
      answer(next).catch(() => undefined);
    }
  };
  const accepting = acceptAll();
  const addresses = relayUrl === null ? far.addr().directAddresses() : [];
  return {
    connect: async () => {
      const startedAtMs = performance.now();
      const connection = await near.connect(new EndpointAddr(far.id(), relayUrl, addresses), ALPN);
      for (let count = 0; count < ROUND_TRIPS; count += 1) {
        const { send, recv } = await connection.openBi();
        await send.writeAll(MESSAGE);
        await send.finish();
        await recv.readToEnd(MAX_BYTES);
      }
      const elapsedMs = performance.now() - startedAtMs;
      connection.close(0n, []);
      return elapsedMs;
    },
    [Symbol.asyncDispose]: async () => {
      await near.close();
      await far.close();
      await accepting;
    },
  };
};
