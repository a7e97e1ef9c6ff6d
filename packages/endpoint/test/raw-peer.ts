import type { BoundEndpoint } from '@bowline/contracts';
import {
  type Connection,
  Endpoint,
  EndpointAddr,
  EndpointId as NativeEndpointId,
  presetMinimal,
  RelayMode,
} from '@number0/iroh/index.js';

/** A bare iroh endpoint on loopback that can do what the actor never does. */
export interface RawPeer {
  readonly endpoint: Endpoint;
  /** Dials an actor's endpoint, at its own addresses or at others. */
  connect(to: BoundEndpoint, alpn: string, addresses?: readonly string[]): Promise<Connection>;
  /** The next connection it accepts, in their order; each is held open until it is closed. */
  nextAccepted(): Promise<Connection>;
  close(): Promise<void>;
}

export const rawPeer = async (seed: number, alpn: string): Promise<RawPeer> => {
  const builder = Endpoint.builder();
  presetMinimal(builder);
  builder.secretKey(new Array<number>(32).fill(seed));
  builder.alpns([[...Buffer.from(alpn)]]);
  builder.relayMode(RelayMode.disabled());
  builder.bindAddr('127.0.0.1:0');
  builder.bindAddr('[::1]:0');
  const endpoint = await builder.bind();
  const accepted: Connection[] = [];
  let given = 0;
  let news = Promise.withResolvers<void>();
  const shake = async (): Promise<void> => {
    for (let next = await endpoint.acceptNext(); next !== null; next = await endpoint.acceptNext()) {
      const accepting = await next.accept();
      accepted.push(await accepting.connect());
      news.resolve();
      news = Promise.withResolvers();
    }
  };
  // A hostile handshake is what some tests want; its failure is seen by the other side.
  shake().catch(() => undefined);
  const nextAccepted = async (): Promise<Connection> => {
    const index = given++;
    for (;;) {
      const connection = accepted[index];
      if (connection !== undefined) return connection;
      await news.promise;
    }
  };
  return {
    endpoint,
    nextAccepted,
    connect: (to, protocol, addresses = to.directAddresses) => {
      const id = NativeEndpointId.fromBytes([...Buffer.from(to.endpointId, 'hex')]);
      return endpoint.connect(new EndpointAddr(id, undefined, [...addresses]), [...Buffer.from(protocol)]);
    },
    close: () => endpoint.close(),
  };
};
