/**
 * `node recording-relay.ts PORT RELAY_PORT FOLDER`: passes every connection on to the relay on RELAY_PORT of this host,
 * and writes what is inside the WebSocket messages, unmasked as the relay itself reads it, to `to-relay` and
 * `from-relay` in FOLDER. Prints `recording` once it listens.
 */
import { appendFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

const END_OF_HEAD = '\r\n\r\n';

/** Reads one direction of a connection: the head of its HTTP request or answer, then WebSocket messages or a body. */
const contentsReader = (write: (contents: Buffer) => void): ((chunk: Buffer) => void) => {
  let pending: Buffer = Buffer.alloc(0);
  let take = (): boolean => takeHead();

  const takeHead = (): boolean => {
    const end = pending.indexOf(END_OF_HEAD);
    if (end < 0) return false;
    const head = pending.subarray(0, end);
    write(head);
    pending = pending.subarray(end + END_OF_HEAD.length);
    take = /^upgrade: websocket/im.test(head.toString()) ? takeFrame : takeBody;
    return true;
  };

  const takeFrame = (): boolean => {
    const frame = frameAt(pending);
    if (frame === undefined) return false;
    write(frame.contents);
    pending = pending.subarray(frame.sizeBytes);
    return true;
  };

  const takeBody = (): boolean => {
    write(pending);
    pending = Buffer.alloc(0);
    return false;
  };

  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (take());
  };
};

/** The WebSocket frame at the beginning (RFC 6455, 5.2), or `undefined` while a part of it is missing. */
const frameAt = (bytes: Buffer): { readonly contents: Buffer; readonly sizeBytes: number } | undefined => {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  if ((first & 0x70) !== 0) throw new Error('the connection is compressed, so that plain text could not be seen');
  const isMasked = (second & 0x80) !== 0;
  const shortLength = second & 0x7f;
  const lengthBytes = shortLength === 127 ? 8 : shortLength === 126 ? 2 : 0;
  const start = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length =
    lengthBytes === 8 ? Number(bytes.readBigUInt64BE(2)) : lengthBytes === 2 ? bytes.readUInt16BE(2) : shortLength;
  if (bytes.length < start + length) return undefined;
  const contents = Buffer.from(bytes.subarray(start, start + length));
  if (isMasked) for (let at = 0; at < length; at += 1) contents[at]! ^= bytes[start - 4 + (at % 4)]!;
  return { contents, sizeBytes: start + length };
};

const [port, relayPort, folder = ''] = process.argv.slice(2);
const server = createServer((client) => {
  const relay = connect(Number(relayPort), '127.0.0.1');
  client.on(
    'data',
    contentsReader((contents) => appendFileSync(join(folder, 'to-relay'), contents)),
  );
  relay.on(
    'data',
    contentsReader((contents) => appendFileSync(join(folder, 'from-relay'), contents)),
  );
  client.pipe(relay).pipe(client);
  client.on('error', () => relay.destroy());
  relay.on('error', () => client.destroy());
});
server.listen(Number(port), () => process.stdout.write('recording\n'));
