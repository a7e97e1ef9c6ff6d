/** `bare-peer.ts sink|source [ADDRESS]`: streams of the binding itself, for comparison. */
import { type Connection, Endpoint, EndpointAddr, EndpointId, presetMinimal } from '@number0/iroh/index.js';
import { serveTasks, WRITE_BYTES } from './measured-peer.ts';

process.env.RUST_BACKTRACE = '0';
const ALPN = [...Buffer.from('bench/streams/1')];
const [role, told] = process.argv.slice(2);

const builder = Endpoint.builder();
presetMinimal(builder);
builder.alpns([ALPN]);
builder.bindAddr('127.0.0.1:0');
builder.bindAddr('[::1]:0');
const endpoint = await builder.bind();
/** Held until the end: a collected handle is a closed one. */
const held: unknown[] = [endpoint];

const answer = async (connection: Connection): Promise<void> => {
  for (;;) {
    const stream = await connection.acceptBi();
    const { send, recv } = stream;
    held.push(stream, send, recv);
    const serve = async (): Promise<void> => {
      while ((await recv.read(65_536)).length > 0);
      await send.writeAll([1]);
      await send.finish();
    };
    serve().catch(() => undefined);
  }
};

if (role === 'sink') {
  process.send?.({ address: [endpoint.id().toString(), endpoint.addr().directAddresses()] });
  const incoming = await endpoint.acceptNext();
  const accepting = await incoming?.accept();
  const connection = await accepting?.connect();
  held.push(connection);
  connection?.setMaxConcurrentBiStreams(320n);
  if (connection !== undefined) answer(connection).catch(() => undefined);
  serveTasks({ send: async () => undefined, pids: async () => [process.pid] });
} else {
  const [id, addresses] = JSON.parse(told ?? '[]') as [string, string[]];
  const connection = await endpoint.connect(new EndpointAddr(EndpointId.fromString(id), null, addresses), ALPN);
  held.push(connection, connection.closed());
  const full = new Array<number>(WRITE_BYTES).fill(7);
  serveTasks({
    send: async (bytes) => {
      const { send, recv } = await connection.openBi();
      for (let left = bytes; left > 0; left -= WRITE_BYTES) {
        // As from bytes a caller gave: the binding takes arrays of numbers alone.
        const given = new Uint8Array(Math.min(left, WRITE_BYTES));
        const numbers = left >= WRITE_BYTES ? full.slice() : new Array<number>(given.length);
        for (let at = 0; at < given.length; at += 1) numbers[at] = given[at] ?? 0;
        await send.writeAll(numbers);
      }
      await send.finish();
      while ((await recv.read(64)).length > 0);
    },
    pids: async () => [process.pid],
  });
  process.send?.({ address: null });
}
