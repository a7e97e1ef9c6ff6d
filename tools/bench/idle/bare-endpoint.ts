/**
 * A bare iroh endpoint: `bare-endpoint.ts RELAY_URL ECHO_MS [PEER_ID ADDRESS]`. Without a peer it answers, and with one it
 * keeps one connection and sends a word on it every `ECHO_MS`, none at 0. Prints JSON lines: `online` with its id and
 * addresses, and `connected`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type BiStream,
  type Connection,
  Endpoint,
  EndpointAddr,
  EndpointId,
  presetMinimal,
  RelayMap,
  RelayMode,
} from '@number0/iroh';

const ALPN = [...Buffer.from('bowline-bench/idle')];

/** What a heartbeat of ours has: a type and a number. */
const WORD = [...Buffer.alloc(10)];

const [relayUrl = '', echoMs = '0', peerId, address = ''] = process.argv.slice(2);

const tell = (event: string, facts: object): void => {
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
};

const bound = async (): Promise<Endpoint> => {
  const builder = Endpoint.builder();
  presetMinimal(builder);
  builder.alpns([ALPN]);
  const map = RelayMap.empty();
  map.insert({ url: relayUrl });
  builder.relayMode(RelayMode.custom(map));
  const endpoint = await builder.bind();
  await endpoint.online();
  return endpoint;
};

const echo = async ({ send, recv }: BiStream): Promise<void> => {
  for (;;) {
    await recv.readExact(WORD.length);
    await send.writeAll(WORD);
  }
};

const ask = async ({ send, recv }: BiStream, everyMs: number): Promise<void> => {
  for (;;) {
    await send.writeAll(WORD);
    await recv.readExact(WORD.length);
    await pause(everyMs);
  }
};

const endpoint = await bound();
// iroh closes what is collected.
const kept: Connection[] = [];
tell('online', { id: endpoint.id().toString(), addresses: endpoint.addr().directAddresses() });
if (peerId === undefined) {
  const incoming = await endpoint.acceptNext();
  const connection = await (await incoming?.accept())?.connect();
  if (connection === undefined) throw new Error('nobody came');
  kept.push(connection);
  tell('connected', {});
  if (Number(echoMs) > 0) await echo(await connection.acceptBi());
} else {
  const to = new EndpointAddr(EndpointId.fromString(peerId), relayUrl, [address]);
  const connection = await endpoint.connect(to, ALPN);
  kept.push(connection);
  tell('connected', {});
  if (Number(echoMs) > 0) await ask(await connection.openBi(), Number(echoMs));
}
await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));
