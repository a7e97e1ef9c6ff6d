// Another user of this machine. Follows a line `const task = …;`: does what any user can, and prints as one line of JSON what
// came of it. It imports nothing of this checkout, which it need not be allowed to read.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

const got = [];
const attempt = (what, action) => {
  try {
    const value = action();
    got.push(value === undefined ? what : `${what}: ${String(value).slice(0, 80)}`);
  } catch {
    // As it should be.
  }
};

for (const folder of task.folders) {
  attempt(`listed ${folder}`, () => void readdirSync(folder));
  attempt(`wrote into ${folder}`, () => writeFileSync(join(folder, 'planted'), ''));
  attempt(`linked into ${folder}`, () => symlinkSync('/etc/passwd', join(folder, 'linked')));
}
for (const file of task.files) {
  attempt(`read ${file}`, () => void readFileSync(file));
  attempt(`wrote ${file}`, () => writeFileSync(file, '', { flag: 'a' }));
}
for (const pid of task.pids) {
  attempt(`read the environment of ${pid}`, () => void readFileSync(`/proc/${pid}/environ`));
  attempt(`listed the files of ${pid}`, () => void readdirSync(`/proc/${pid}/fd`));
  const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  for (const secret of task.secrets) if (line.includes(secret)) got.push(`saw a secret among the arguments of ${pid}`);
}

const listen = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve());
    server.listen({ port, host: '127.0.0.1' }, () => {
      got.push(`took port ${port}`);
      server.close(() => resolve());
    });
  });

const CONNECTIONS_AT_ONCE = 100;
const LOOK_EVERY_MS = 50;

/** Settles when a socket is connected, or was refused. */
const isThere = (socket) =>
  new Promise((resolve) => {
    socket.once('connect', resolve).once('close', resolve);
  });

/**
 * Connections that say nothing, as many as may be: how many of them the other side keeps. They come so fast as the system
 * takes them, and the other side has a while to end what is too much: what the system has accepted for it is no choice of its own.
 */
const idle = async (port) => {
  const sockets = [];
  while (sockets.length < task.idleConnections) {
    const some = Array.from({ length: CONNECTIONS_AT_ONCE }, () => connect(port, '127.0.0.1'));
    for (const socket of some) socket.on('error', () => undefined);
    sockets.push(...some);
    await Promise.all(some.map(isThere));
  }
  const open = () => sockets.filter((socket) => socket.readyState === 'open').length;
  let kept = open();
  for (let waitedMs = 0; waitedMs < task.idleMs && kept > task.mayKeep; waitedMs += LOOK_EVERY_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    kept = open();
  }
  for (const socket of sockets) socket.destroy();
  return kept;
};

/** A login at a loopback relay with a key of its own, by hand: the answer's type is 2 where it is let in. */
const logIn = (port) =>
  new Promise((resolve) => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(null)).on('close', () => resolve(null));
    socket.write(
      `GET /relay HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${createHash('sha1').update('x').digest().subarray(0, 16).toString('base64')}\r\nSec-WebSocket-Protocol: ${task.subprotocol}\r\n\r\n`,
    );
    let seen = Buffer.alloc(0);
    let isAnswered = false;
    socket.on('data', (chunk) => {
      seen = Buffer.concat([seen, chunk]);
      const head = seen.indexOf('\r\n\r\n');
      if (head < 0 || seen.length < head + 4 + 3) return;
      const frame = seen.subarray(head + 4);
      const length = frame[1];
      if (!isAnswered && frame.length >= 2 + length) {
        isAnswered = true;
        // iroh signs under a derived context; a stranger's signature fails for its key all the same.
        const body = Buffer.concat([Buffer.of(1), raw, sign(null, frame.subarray(3, 2 + length), privateKey)]);
        const masked = Buffer.concat([Buffer.of(0x82, 0x80 | body.length, 0, 0, 0, 0), body]);
        socket.write(masked);
        seen = seen.subarray(head + 4 + 2 + length);
        if (seen.length < 3) return;
      }
      if (isAnswered) resolve(seen[2] ?? null);
    });
  });

const kept = [];
for (const port of task.ports) {
  await listen(port);
  if ((await logIn(port)) === 2) got.push(`logged in at port ${port}`);
  kept.push(await idle(port));
}
process.stdout.write(`${JSON.stringify({ got, kept })}\n`);
