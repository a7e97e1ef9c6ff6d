import { type Connection, Endpoint, EndpointAddr, type Incoming, presetMinimal, RelayMode } from '@number0/iroh';

const ALPN = [...Buffer.from('bowline-bench/pair')];
const MESSAGE = [...Buffer.alloc(200, 1)];
const MAX_BYTES = 1_024;
const ROUND_TRIPS = 2;

/** Two bound iroh endpoints on loopback, nothing of ours between them: what pairing is compared with. */
export interface RawPair extends AsyncDisposable {
  /** Milliseconds a fresh connection and two round trips on it take. */
  connect(): Promise<number>;
}

const bound = async (): Promise<Endpoint> => {
  const builder = Endpoint.builder();
  presetMinimal(builder);
  builder.alpns([ALPN]);
  builder.relayMode(RelayMode.disabled());
  builder.bindAddr('127.0.0.1:0');
  builder.bindAddr('[::1]:0');
  return builder.bind();
};

export const rawPair = async (): Promise<RawPair> => {
  const [near, far] = [await bound(), await bound()];
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
  const addresses = far.addr().directAddresses();
  return {
    connect: async () => {
      const startedAtMs = performance.now();
      const connection = await near.connect(new EndpointAddr(far.id(), null, addresses), ALPN);
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
