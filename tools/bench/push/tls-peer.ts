/**
 * `tls-peer.ts receiver FOLDER ADDRESS | sender ADDRESS:PORT`: one file over `node:tls` and nothing else, with the work that a push cannot do
 * without: hashing before it is offered, hashing and writing where it arrives, and one fsync.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { serveFileTasks } from './peer-messages.ts';

const [role = '', told = '', listenAt = ''] = process.argv.slice(2);
const HASH_BYTES = 32;
const TLS = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const;
const KEY = Buffer.alloc(HASH_BYTES, 7);
const pids = async (): Promise<readonly number[]> => [process.pid];

const hashOf = async (path: string): Promise<Buffer> => {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path, { highWaterMark: 262_144 })) hash.update(bytes as Buffer);
  return hash.digest();
};

/** Its hash first, then the file; answered with one byte once it is on the disk. */
const receive = async (socket: TLSSocket, path: string): Promise<void> => {
  const hash = createHash('sha256');
  const file = createWriteStream(path);
  let expected: Buffer | null = null;
  for await (const bytes of socket as AsyncIterable<Buffer>) {
    // Written alone, it is a record of its own.
    const content = expected === null ? bytes.subarray(HASH_BYTES) : bytes;
    expected ??= bytes.subarray(0, HASH_BYTES);
    hash.update(content);
    if (!file.write(content)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  await using written = await open(path, 'r+');
  await written.sync();
  socket.end(Uint8Array.of(expected !== null && hash.digest().equals(expected) ? 1 : 0));
};

if (role === 'receiver') {
  let count = 0;
  const server = createServer({ ...TLS, allowHalfOpen: true, pskCallback: () => KEY }, (socket) => {
    count += 1;
    socket.on('error', () => undefined);
    void receive(socket, join(told, `file-${count}`));
  });
  server.listen(0, listenAt);
  await once(server, 'listening');
  const address = server.address();
  serveFileTasks({ send: async () => undefined, pids });
  process.send?.({ address: typeof address === 'object' ? `${address?.address}:${address?.port}` : null });
} else {
  const [host, port] = told.split(':');
  const send = async ([path = '']: readonly string[]): Promise<void> => {
    const hash = await hashOf(path);
    const socket = connect({
      ...TLS,
      port: Number(port),
      host,
      pskCallback: () => ({ psk: KEY, identity: 'bench' }),
      checkServerIdentity: () => undefined,
    });
    await once(socket, 'secureConnect');
    socket.write(hash);
    for await (const bytes of createReadStream(path, { highWaterMark: 61_440 })) {
      if (!socket.write(bytes as Buffer)) await once(socket, 'drain');
    }
    socket.end();
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (answer[0] !== 1) throw new Error('it arrived as something else');
  };
  serveFileTasks({ send, pids });
  process.send?.({ address: null });
}
