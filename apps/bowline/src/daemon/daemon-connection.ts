import { connect, type Socket } from 'node:net';
import { errorCode, errorMessage } from '@bowline/contracts';
import { type DaemonAddress, readDaemonAddress } from './daemon-address.ts';
import { DaemonForeignError, DaemonSilentError } from './errors.ts';
import { type ProofComponents, ProofFailedError, proveToDaemon } from './mutual-proof.ts';

/** Nobody listens there: no daemon runs. */
const NO_DAEMON_CODES: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']);

/**
 * Connects to the daemon of a data directory; `undefined` when none runs. Nothing is said before it has proven itself.
 *
 * @throws DaemonForeignError, DaemonSilentError
 */
export const connectDaemon = async (dataDir: string, components: ProofComponents): Promise<Socket | undefined> => {
  const address = readDaemonAddress(dataDir);
  if (address === null) return undefined;
  const socket = await connectSocket(dataDir, address);
  if (socket === undefined) return undefined;
  try {
    await proveToDaemon(socket, address.secret, components);
    return socket;
  } catch (error) {
    socket.destroy();
    if (error instanceof ProofFailedError) throw new DaemonForeignError(dataDir, `${address.path}: ${error.message}`);
    throw new DaemonSilentError(dataDir, errorMessage(error), address.pid);
  }
};

const connectSocket = (dataDir: string, { path }: DaemonAddress): Promise<Socket | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      // What goes wrong later arrives as the end of the transport.
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
    socket.once('error', (error) => {
      if (NO_DAEMON_CODES.has(errorCode(error))) resolve(undefined);
      else reject(new DaemonForeignError(dataDir, `${path} cannot be opened (${errorCode(error)})`));
    });
  });
