import { connect, type Socket } from 'node:net';
import type { Clock } from '@bowline/contracts';
import {
  type DbusCall,
  type DbusReply,
  dbusCallBytes,
  dbusMessageSize,
  dbusReplyIn,
  MAX_DBUS_MESSAGE_BYTES,
} from './dbus-message.ts';

/** Longest that a bus and a service on it may take, milliseconds: one that has to be started first, too. */
const PATIENCE_MS = 5_000;

/** A conversation with a message bus. */
export interface DbusConnection extends Disposable {
  /** Rejects when the bus is gone or nothing is answered in time; an error of the service is an answer. */
  call(call: Omit<DbusCall, 'serial'>): Promise<DbusReply>;
}

/** Where the socket of a bus is, by its address; the first of several that can be used. `undefined`: in none. */
export const dbusSocketPath = (address: string): string | undefined => {
  for (const transport of address.split(';')) {
    if (!transport.startsWith('unix:')) continue;
    const values = new Map(
      transport
        .slice('unix:'.length)
        .split(',')
        .map((pair) => [pair.split('=', 1)[0] ?? '', unescaped(pair.slice(pair.indexOf('=') + 1))]),
    );
    const [path, abstract] = [values.get('path'), values.get('abstract')];
    if (path !== undefined) return path;
    if (abstract !== undefined) return `\0${abstract}`;
  }
  return undefined;
};

const unescaped = (value: string): string => {
  try {
    return decodeURIComponent(value);
  } catch {
    // Not a socket's name then; connecting to it says so.
    return value;
  }
};

/** @param userId whose bus it is: what the system says of whoever connects must fit. */
export const connectDbus = async (socketPath: string, userId: number, clock: Clock): Promise<DbusConnection> => {
  const socket = connect(socketPath);
  const incoming = incomingMessages(socket);
  const fail = (reason: string) => () => socket.destroy(new Error(reason));
  const within = async <T>(work: Promise<T>): Promise<T> => {
    const cancel = clock.setTimer(PATIENCE_MS, fail(`nothing was answered in ${PATIENCE_MS / 1_000} s`));
    try {
      return await work;
    } finally {
      cancel();
    }
  };
  let serial = 0;
  const call: DbusConnection['call'] = (input) => {
    serial += 1;
    const asked = serial;
    socket.write(dbusCallBytes({ ...input, serial: asked }));
    return within(incoming.replyTo(asked));
  };
  const connection: DbusConnection = { call, [Symbol.dispose]: () => socket.destroy() };
  try {
    socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(userId)).toString('hex')}\r\n`);
    const answer = await within(incoming.line());
    if (!answer.startsWith('OK ')) throw new Error('the bus does not admit this user');
    socket.write('BEGIN\r\n');
    await call({
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
      member: 'Hello',
    });
    return connection;
  } catch (error) {
    socket.destroy();
    throw error;
  }
};

/** What comes on a socket: one line first, messages after it. Whoever waits hears the socket's end. */
const incomingMessages = (socket: Socket) => {
  let bytes: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  let ended: Error | undefined;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length > 2 * MAX_DBUS_MESSAGE_BYTES) socket.destroy(new Error('more was sent than was asked for'));
    wake();
  });
  socket.once('error', (error) => {
    ended ??= error;
  });
  socket.once('close', () => {
    ended ??= new Error('the bus has closed the connection');
    wake();
  });

  /** Looks at what is there each time something comes. */
  const when = <T>(find: () => T | undefined): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const look = (): void => {
        try {
          const found = find();
          if (found !== undefined) resolve(found);
          else if (ended !== undefined) reject(ended);
          else return;
        } catch (error) {
          reject(error);
        }
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });

  const nextMessage = (): Buffer | undefined => {
    const sizeBytes = dbusMessageSize(bytes);
    if (sizeBytes === undefined || bytes.length < sizeBytes) return undefined;
    const message = bytes.subarray(0, sizeBytes);
    bytes = bytes.subarray(sizeBytes);
    return message;
  };

  return {
    line: () =>
      when(() => {
        const end = bytes.indexOf('\r\n');
        if (end === -1) return undefined;
        const text = bytes.toString('latin1', 0, end);
        bytes = bytes.subarray(end + 2);
        return text;
      }),
    /** Calls are made one after the other, so that what comes before the answer is of no interest. */
    replyTo: (serial: number) =>
      when(() => {
        for (let message = nextMessage(); message !== undefined; message = nextMessage()) {
          const reply = dbusReplyIn(message);
          if (reply?.replySerial === serial) return reply;
        }
        return undefined;
      }),
  };
};
