import { isIPv4, isIPv6, type Socket } from 'node:net';
import { BeyondProxyError } from './beyond-proxy-error.ts';

/** SOCKS 5 (RFC 1928). */
const VERSION = 5;
const METHOD = { none: 0, password: 2, unacceptable: 0xff } as const;
const CONNECT = 1;
const ADDRESS = { ipv4: 1, name: 3, ipv6: 4 } as const;

/** Version of the login by user and password (RFC 1929). */
const LOGIN_VERSION = 1;

/** Longest user, password and host name, bytes: each has a length of one byte. */
const MAX_TEXT_BYTES = 255;

/** What the proxy says instead of opening the tunnel (RFC 1928 section 6). */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'it failed',
  2: 'its rules do not allow this relay',
  3: 'the network cannot be reached',
  4: 'the host cannot be reached',
  5: 'the connection was refused',
  6: 'it took too long',
  7: 'it does not do that',
  8: 'it does not take such addresses',
};

/** Those of them that are about what lies beyond the proxy. */
const BEYOND: ReadonlySet<number> = new Set([3, 4, 5, 6]);

const refusalOf = (code: number): Error => {
  const text = `the proxy opens no tunnel: ${REFUSALS[code] ?? `code ${code}`}`;
  return BEYOND.has(code) ? new BeyondProxyError(text) : new Error(text);
};

/**
 * Asks the SOCKS 5 proxy behind `socket` for a tunnel to `host:port`; names are resolved by the proxy. Resolves once the tunnel
 * is open; rejects with what the proxy said, or when the socket ends.
 */
export const openSocksTunnel = async (socket: Socket, proxyUrl: URL, host: string, port: number): Promise<void> => {
  const answers = answersOf(socket);
  try {
    const hasLogin = proxyUrl.username !== '';
    const methods = hasLogin ? [METHOD.none, METHOD.password] : [METHOD.none];
    socket.write(Buffer.from([VERSION, methods.length, ...methods]));
    const [version, method] = await answers.read(2);
    if (version !== VERSION) throw new Error('the proxy does not speak SOCKS 5');
    if (method === METHOD.password && hasLogin) {
      const [user, password] = [proxyUrl.username, proxyUrl.password].map((text) => sized(decodeURIComponent(text)));
      socket.write(Buffer.concat([Buffer.from([LOGIN_VERSION]), user ?? Buffer.alloc(1), password ?? Buffer.alloc(1)]));
      if ((await answers.read(2))[1] !== 0) throw new Error('the proxy does not take this user and password');
    } else if (method !== METHOD.none)
      throw new Error(hasLogin ? 'the proxy wants a login of another kind' : 'the proxy wants a user and a password');
    const portBytes = Buffer.alloc(2);
    portBytes.writeUInt16BE(port);
    socket.write(Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), addressBytes(host), portBytes]));
    const [, refusal = 1, , kind = 0] = await answers.read(4);
    if (refusal !== 0) throw refusalOf(refusal);
    await answers.read((await boundBytes(kind, answers)) + 2);
    // Nothing may follow yet: the client speaks first, in TLS as in HTTP.
    if (answers.hasMore()) throw new Error('the proxy sent bytes nobody asked for');
  } finally {
    answers.end();
  }
};

/** How long the address is at which the proxy stands for us; nobody needs it. */
const boundBytes = async (kind: number, answers: ProxyAnswers): Promise<number> => {
  if (kind === ADDRESS.ipv4) return 4;
  if (kind === ADDRESS.ipv6) return 16;
  if (kind === ADDRESS.name) return (await answers.read(1))[0] ?? 0;
  throw new Error('the proxy does not speak SOCKS 5');
};

const addressBytes = (host: string): Buffer => {
  if (isIPv4(host)) return Buffer.from([ADDRESS.ipv4, ...host.split('.').map(Number)]);
  if (isIPv6(host)) return Buffer.concat([Buffer.from([ADDRESS.ipv6]), ipv6Bytes(host)]);
  return Buffer.concat([Buffer.from([ADDRESS.name]), sized(host)]);
};

const ipv6Bytes = (host: string): Buffer => {
  const [front = [], back] = new URL(`http://[${host}]/`).hostname
    .slice(1, -1)
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':')));
  const zeros = back === undefined ? [] : Array<string>(8 - front.length - back.length).fill('0');
  const groups = [...front, ...zeros, ...(back ?? [])];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
};

const sized = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  if (bytes.length > MAX_TEXT_BYTES) throw new Error('a name or password is too long for the proxy');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
};

interface ProxyAnswers {
  /** Exactly so many bytes. */
  read(count: number): Promise<Buffer>;
  hasMore(): boolean;
  end(): void;
}

/** What a socket says, read piece by piece; at most one read at a time. */
const answersOf = (socket: Socket): ProxyAnswers => {
  let pending = Buffer.alloc(0);
  let failure: Error | null = null;
  let wake: () => void = () => undefined;
  const onData = (chunk: Buffer): void => {
    pending = Buffer.concat([pending, chunk]);
    wake();
  };
  const onError = (error: Error): void => {
    failure ??= error;
    wake();
  };
  const onClose = (): void => onError(new Error('the proxy closed the connection'));
  socket.on('data', onData);
  socket.on('error', onError);
  socket.on('close', onClose);
  return {
    read: async (count) => {
      while (pending.length < count) {
        if (failure !== null) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const bytes = pending.subarray(0, count);
      pending = pending.subarray(count);
      return bytes;
    },
    hasMore: () => pending.length > 0,
    end: () => {
      socket.off('data', onData);
      socket.off('error', onError);
      socket.off('close', onClose);
    },
  };
};
