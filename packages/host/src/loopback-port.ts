import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Logger } from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';

/** The only address it is ever bound to. */
const LOOPBACK_ADDRESS = '127.0.0.1';

/**
 * Connections that wait for the switchboard, and as many that are being handed over; beyond it the oldest is ended. Three
 * endpoints of this device connect at most: the rest is another program, which can neither pile them up nor keep those out.
 */
const MAX_WAITING = 64;

/** Hands a connection to the switchboard; `false` where there is none just now. */
export type PassConnection = (connection: Socket) => Promise<boolean>;

/**
 * The port on 127.0.0.1 at which this device's endpoints find their relay, held by the host for as long as it runs.
 *
 * The relay is the switchboard, which may die; if the port were its own, another user of this machine could take it
 * before the switchboard is back, and would be given the login of an endpoint that connects again. So the host accepts, and
 * hands each connection over before a byte of it was read. While there is no switchboard connections wait.
 */
export interface LoopbackPort {
  /** Opens it; again and again the same. @returns the port */
  readonly open: () => Promise<number>;
  /** The switchboard takes connections from now on, first those that wait. */
  readonly flow: () => void;
  /** There is no switchboard: connections wait. */
  readonly hold: () => void;
  readonly close: () => Promise<void>;
}

export const loopbackPort = (pass: PassConnection, { logger }: { readonly logger: Logger }): LoopbackPort => {
  const waiting = new BoundedMap<Socket, true>(MAX_WAITING, (socket) => socket.destroy());
  let opening: Promise<number> | undefined;
  let isFlowing = false;
  let passing = 0;

  const passOn = async (socket: Socket): Promise<void> => {
    passing += 1;
    const isPassed = await pass(socket).catch(() => false);
    passing -= 1;
    // It waits for the next switchboard; where it had left already, there is nothing left to hand over.
    if (isPassed) next();
    else waiting.set(socket, true);
  };

  const next = (): void => {
    while (isFlowing && passing < MAX_WAITING) {
      const [socket] = waiting.keys();
      if (socket === undefined) return;
      waiting.delete(socket);
      void passOn(socket);
    }
  };

  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    socket.on('error', (error) => logger.debug({ cause: error.message }, 'loopback connection failed'));
    waiting.set(socket, true);
    next();
  });

  const listen = (): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, LOOPBACK_ADDRESS, () => {
        server.off('error', reject);
        server.on('error', (error) => logger.warn({ cause: error.message }, 'loopback port error'));
        const { port } = server.address() as AddressInfo;
        logger.info({ port }, 'loopback port open');
        resolve(port);
      });
    });

  return {
    open: () => {
      opening ??= listen();
      return opening;
    },
    flow: () => {
      isFlowing = true;
      next();
    },
    hold: () => {
      isFlowing = false;
    },
    close: async () => {
      isFlowing = false;
      await opening?.catch(() => undefined);
      for (const socket of waiting.keys()) socket.destroy();
      waiting.clear();
      // Node waits for connections that are another process's by now; the port is free at once all the same.
      if (server.listening) server.close();
    },
  };
};
