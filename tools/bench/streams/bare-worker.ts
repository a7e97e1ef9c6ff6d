/** `bare-worker.ts sink|source [ADDRESS]`: streams of the binding itself, for the process that forked this one. */
import {
  type BiStream,
  type Connection,
  Endpoint,
  EndpointAddr,
  EndpointId,
  presetMinimal,
} from '@number0/iroh/index.js';

/** From the process that forked it. */
export type WorkerOrder = readonly ['open', id: number] | readonly ['write', id: number, Uint8Array, isLast: boolean];
/** To the process that forked it. */
export type WorkerReport =
  | readonly ['address', unknown]
  | readonly ['bytes', id: number, Uint8Array]
  | readonly ['end', id: number]
  | readonly ['written', id: number];

process.env.RUST_BACKTRACE = '0';
const ALPN = [...Buffer.from('bench/streams/1')];
const READ_BYTES = 65_536;
const [role, told] = process.argv.slice(2);

const report = (what: WorkerReport): void => void process.send?.(what);
const builder = Endpoint.builder();
presetMinimal(builder);
builder.alpns([ALPN]);
builder.bindAddr('127.0.0.1:0');
builder.bindAddr('[::1]:0');
const endpoint = await builder.bind();
/** Held until the end: a collected handle is a closed one. */
const held: unknown[] = [endpoint];
/** Each writes in order. */
const writers = new Map<number, Promise<BiStream['send']>>();

const hold = (stream: BiStream): BiStream => {
  held.push(stream, stream.send, stream.recv);
  return stream;
};

const read = async (id: number, { recv }: BiStream): Promise<void> => {
  for (;;) {
    const chunk = await recv.read(READ_BYTES);
    if (chunk.length === 0) break;
    const bytes = new Uint8Array(chunk.length);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = chunk[at] ?? 0;
    report(['bytes', id, bytes]);
  }
  report(['end', id]);
};

const write = async (send: BiStream['send'], id: number, bytes: Uint8Array, isLast: boolean) => {
  const numbers = new Array<number>(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) numbers[at] = bytes[at] ?? 0;
  await send.writeAll(numbers);
  if (isLast) await send.finish();
  report(['written', id]);
  return send;
};

const serve = (connection: Connection): void => {
  const open = async (id: number): Promise<BiStream['send']> => {
    const stream = hold(await connection.openBi());
    read(id, stream).catch(() => undefined);
    return stream.send;
  };
  process.on('message', ([kind, id, bytes, isLast]: [WorkerOrder[0], number, Uint8Array, boolean]) => {
    if (kind === 'open') writers.set(id, open(id));
    else {
      const writer = writers.get(id);
      if (writer === undefined) return;
      writers.set(
        id,
        writer.then((send) => write(send, id, bytes, isLast)),
      );
    }
  });
};

process.once('disconnect', () => process.exit());
if (role === 'sink') {
  report(['address', [endpoint.id().toString(), endpoint.addr().directAddresses()]]);
  const incoming = await endpoint.acceptNext();
  const connection = await (await incoming?.accept())?.connect();
  if (connection === undefined) throw new Error('nobody connected');
  held.push(connection);
  connection.setMaxConcurrentBiStreams(320n);
  serve(connection);
  for (let id = 1; ; id += 1) {
    const stream = hold(await connection.acceptBi());
    writers.set(id, Promise.resolve(stream.send));
    read(id, stream).catch(() => undefined);
  }
} else {
  const [id, addresses] = JSON.parse(told ?? '[]') as [string, string[]];
  const connection = await endpoint.connect(new EndpointAddr(EndpointId.fromString(id), null, addresses), ALPN);
  held.push(connection, connection.closed());
  serve(connection);
  report(['address', null]);
}
