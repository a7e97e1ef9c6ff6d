import { randomBytes } from 'node:crypto';
import { LINK_ALPN, PAIR_ALPN, RENDEZVOUS_ALPN } from '@bowline/contracts';
import {
  type Connection,
  Endpoint,
  EndpointAddr,
  EndpointId as NativeEndpointId,
  presetMinimal,
  RelayMap,
  RelayMode,
} from '@number0/iroh/index.js';
import type { Ledger } from './ledger.ts';
import { type RawConnection, rawConnection } from './raw-connection.ts';

/** Where an attacker believes somebody to be. */
export interface Target {
  readonly endpointId: string;
  readonly addresses: readonly string[];
  readonly relayUrl?: string;
}

/** An iroh endpoint of an attacker, on loopback. */
export interface RawEndpoint {
  readonly endpointId: string;
  readonly port: number;
  /** `null` when nobody answered, or the other side refused. */
  dial(to: Target, alpn: string, timeoutMs?: number): Promise<RawConnection | null>;
  /** Hears of everybody who comes. */
  onConnection(listener: (connection: RawConnection, alpn: string) => void): void;
  close(): Promise<void>;
}

export interface RawEndpointOptions {
  readonly ledger: Ledger;
  /** @defaultValue a fresh one */
  readonly secretKey?: Uint8Array;
  readonly relayUrl?: string;
  /** @defaultValue loopback, any port */
  readonly bindAddresses?: readonly string[];
}

const KEY_BYTES = 32;
const ANYWHERE_HERE: readonly string[] = ['127.0.0.1:0', '[::1]:0'];
const DIAL_TIMEOUT_MS = 10_000;

/** Abandoned dials go on inside iroh for up to 30 s; their result is thrown away. */
const within = async <T>(promise: Promise<T>, timeoutMs: number, discard: (late: T) => void): Promise<T | null> => {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => {
    late.resolve(null);
    promise.then(discard, () => undefined);
  }, timeoutMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

const bytesOf = (text: string): number[] => [...Buffer.from(text)];

const bind = (
  secretKey: Uint8Array,
  relayUrl: string | undefined,
  bindAddresses: readonly string[],
): Promise<Endpoint> => {
  const builder = Endpoint.builder();
  presetMinimal(builder);
  builder.secretKey([...secretKey]);
  builder.alpns([PAIR_ALPN, RENDEZVOUS_ALPN, LINK_ALPN].map(bytesOf));
  const relays = RelayMap.empty();
  if (relayUrl !== undefined) relays.insert({ url: relayUrl });
  builder.relayMode(relayUrl === undefined ? RelayMode.disabled() : RelayMode.custom(relays));
  for (const address of bindAddresses) builder.bindAddr(address);
  return builder.bind();
};

export const rawEndpoint = async (options: RawEndpointOptions): Promise<RawEndpoint> => {
  const { ledger, secretKey = randomBytes(KEY_BYTES), relayUrl, bindAddresses = ANYWHERE_HERE } = options;
  const native = await bind(secretKey, relayUrl, bindAddresses);
  const port = Number(
    native
      .boundSockets()
      .find((socket) => !socket.startsWith('['))
      ?.split(':')
      .at(-1),
  );

  const addressOf = (to: Target): EndpointAddr => {
    const id = NativeEndpointId.fromBytes([...Buffer.from(to.endpointId, 'hex')]);
    return new EndpointAddr(id, to.relayUrl, [...to.addresses]);
  };
  const discard = (connection: Connection): void => {
    connection.close(1n, []);
    connection.closed().catch(() => undefined);
  };

  return {
    endpointId: Buffer.from(native.id().toBytes()).toString('hex'),
    port,
    dial: async (to, alpn, timeoutMs = DIAL_TIMEOUT_MS) => {
      try {
        const connection = await within(native.connect(addressOf(to), bytesOf(alpn)), timeoutMs, discard);
        return connection === null ? null : rawConnection(connection, false, ledger.page());
      } catch {
        // Refused, which is an answer too.
        return null;
      }
    },
    onConnection: (listener) => {
      const shake = async (): Promise<void> => {
        for (let incoming = await native.acceptNext(); incoming !== null; incoming = await native.acceptNext()) {
          incoming
            .accept()
            .then((accepting) => accepting.connect())
            .then((connection) =>
              listener(rawConnection(connection, true, ledger.page()), Buffer.from(connection.alpn()).toString()),
            )
            .catch(() => undefined);
        }
      };
      shake().catch(() => undefined);
    },
    close: () => native.close(),
  };
};
