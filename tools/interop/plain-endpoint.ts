/**
 * An iroh endpoint as the binding makes it: `plain-endpoint.ts RELAY_URL [PEER_ID]`. Echoes what it is sent, or sends
 * three messages to the peer. One JSON line for each thing that happened.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Connection, Endpoint, EndpointAddr, EndpointId, presetMinimal, RelayMap, RelayMode } from '@number0/iroh';

const ALPN = [...Buffer.from('bowline-interop/echo')];
const MAX_BYTES = 1_024;

const [relayUrl = '', peerId] = process.argv.slice(2);
const tell = (event: string, facts: object): void => {
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
};

const builder = Endpoint.builder();
presetMinimal(builder);
builder.secretKey([...randomBytes(32)]);
builder.alpns([ALPN]);
const map = RelayMap.empty();
map.insert({ url: relayUrl });
builder.relayMode(RelayMode.custom(map));
const endpoint = await builder.bind();
await endpoint.online();

/** Connections must be referenced: iroh closes those that are collected. */
const kept: Connection[] = [];

const answer = async (connection: Connection): Promise<void> => {
  kept.push(connection);
  for (;;) {
    const { send, recv } = await connection.acceptBi();
    await send.writeAll(await recv.readToEnd(MAX_BYTES));
    await send.finish();
  }
};

const ask = async (connection: Connection, text: string): Promise<string> => {
  const { send, recv } = await connection.openBi();
  await send.writeAll([...Buffer.from(text)]);
  await send.finish();
  return Buffer.from(await recv.readToEnd(MAX_BYTES)).toString();
};

if (peerId === undefined) {
  tell('online', { id: endpoint.id().toString() });
  for (let incoming = await endpoint.acceptNext(); incoming !== null; incoming = await endpoint.acceptNext()) {
    const accepting = await incoming.accept();
    accepting
      .connect()
      .then(answer)
      .catch(() => undefined);
  }
} else {
  const address = new EndpointAddr(EndpointId.fromString(peerId), relayUrl, []);
  const connection = await endpoint.connect(address, ALPN);
  kept.push(connection);
  const texts: string[] = [];
  for (const text of ['one', 'two', 'three']) {
    texts.push(await ask(connection, text));
    // Time in which a direct path would be found.
    await pause(1_000);
  }
  const paths = connection
    .paths()
    .filter((path) => path.isSelected)
    .map((path) => (path.isRelay ? 'relay' : 'direct'));
  tell('answered', { texts, paths });
  process.exit(0);
}
