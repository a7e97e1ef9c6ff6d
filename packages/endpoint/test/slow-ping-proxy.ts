import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A way to a relay that answers `/ping` late, so that iroh takes another relay for its home, and is as quick as ever otherwise. */
export interface SlowPingProxy {
  readonly url: string;
  close(): Promise<void>;
}

export const slowPingProxy = async (relayUrl: string, delayMs: number): Promise<SlowPingProxy> => {
  const { port } = new URL(relayUrl);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    far.on('data', (chunk) => near.write(chunk));
    let before: Promise<unknown> = Promise.resolve();
    near.on('data', (chunk) => {
      const waitMs = chunk.toString('latin1').startsWith('GET /ping') ? delayMs : 0;
      before = before.then(() => (waitMs > 0 ? pause(waitMs) : undefined)).then(() => far.write(chunk));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
