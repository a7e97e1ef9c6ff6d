/** One end of a bare iroh connection, as a process of its own: it answers, or dials and says how long that took. */
import { DatabaseSync } from 'node:sqlite';
import {
  type BiStream,
  type Connection,
  Endpoint,
  EndpointAddr,
  EndpointId,
  type Incoming,
  presetMinimal,
  RelayMap,
  RelayMode,
} from '@number0/iroh';

/** Where an endpoint is bound, and the only relay it knows. */
export interface RawBind {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly relayUrl: string | null;
  /** A database to commit to; the process makes it. */
  readonly database: string;
}

/** Where a bound endpoint is. */
export interface RawAddress {
  readonly endpointId: string;
  readonly relayUrl: string | null;
  readonly directAddresses: readonly string[];
}

/** One run: with `commits`, both sides write to disk as two devices must that pair. */
export interface RawRun {
  readonly to: RawAddress;
  readonly commits: boolean;
}

export type RawCall = { readonly bind: RawBind } | { readonly run: RawRun };
export type RawAnswer = RawAddress | { readonly elapsedMs: number };

const ALPN = [...Buffer.from('bowline-bench/pair')];
const MESSAGE_BYTES = 200;
const MAX_BYTES = 1_024;

/** First byte of a message: the answer comes at once, or after two commits. */
const PLAIN = 0;
const COMMIT_TWICE = 1;

const bound = async ({ ipv4, ipv6, relayUrl }: RawBind): Promise<Endpoint> => {
  const builder = Endpoint.builder();
  presetMinimal(builder);
  builder.alpns([ALPN]);
  const map = RelayMap.empty();
  if (relayUrl !== null) map.insert({ url: relayUrl });
  builder.relayMode(relayUrl === null ? RelayMode.disabled() : RelayMode.custom(map));
  builder.bindAddr(`${ipv4}:0`);
  builder.bindAddr(`[${ipv6}]:0`);
  const made = await builder.bind();
  if (relayUrl !== null) await made.online();
  return made;
};

/** Durable writes as the store of a device makes them. */
const committer = (file: string): (() => void) => {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE facts (id INTEGER PRIMARY KEY, fact TEXT)');
  const insert = database.prepare('INSERT INTO facts (fact) VALUES (:fact)');
  return () => {
    insert.run({ fact: 'x'.repeat(MESSAGE_BYTES) });
  };
};

// iroh closes what is collected.
const kept = new Set<Connection>();
let endpoint: Endpoint | null = null;
let commit: () => void = () => undefined;

const answer = async (incoming: Incoming): Promise<void> => {
  const connection = await (await incoming.accept()).connect();
  kept.add(connection);
  void connection.closed().then(() => kept.delete(connection));
  for (;;) {
    const { send, recv } = await connection.acceptBi();
    const message = await recv.readToEnd(MAX_BYTES);
    if (message[0] === COMMIT_TWICE) {
      commit();
      commit();
    }
    await send.writeAll(message);
    await send.finish();
  }
};

const acceptAll = async (from: Endpoint): Promise<void> => {
  for (let next = await from.acceptNext(); next !== null; next = await from.acceptNext()) {
    // It ends with its connection.
    answer(next).catch(() => undefined);
  }
};

const roundTrip = async ({ send, recv }: BiStream, kind: number, meanwhile: () => void): Promise<void> => {
  await send.writeAll([kind, ...Buffer.alloc(MESSAGE_BYTES, 1)]);
  await send.finish();
  meanwhile();
  await recv.readToEnd(MAX_BYTES);
};

/** A fresh connection and two round trips on it. */
const run = async (from: Endpoint, { to, commits }: RawRun): Promise<number> => {
  const id = EndpointId.fromString(to.endpointId);
  const startedAtMs = performance.now();
  const connection = await from.connect(new EndpointAddr(id, to.relayUrl, [...to.directAddresses]), ALPN);
  await roundTrip(await connection.openBi(), PLAIN, () => undefined);
  // The first commits of both sides may overlap; of the second ones, each waits for the other side's.
  if (commits) await roundTrip(await connection.openBi(), COMMIT_TWICE, commit);
  else await roundTrip(await connection.openBi(), PLAIN, () => undefined);
  if (commits) commit();
  const elapsedMs = performance.now() - startedAtMs;
  connection.close(0n, []);
  return elapsedMs;
};

const handle = async (call: RawCall): Promise<RawAnswer> => {
  if ('bind' in call) {
    endpoint = await bound(call.bind);
    commit = committer(call.bind.database);
    void acceptAll(endpoint);
    const { relayUrl } = call.bind;
    return {
      endpointId: endpoint.id().toString(),
      relayUrl,
      directAddresses: relayUrl === null ? endpoint.addr().directAddresses() : [],
    };
  }
  if (endpoint === null) throw new Error('not bound yet');
  return { elapsedMs: await run(endpoint, call.run) };
};

process.on('message', (call: RawCall) => {
  void handle(call).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
