import { type Connection, Endpoint, EndpointAddr, EndpointId, presetMinimal, RelayMap, RelayMode } from '@number0/iroh';

export const ECHO_ALPN = [...Buffer.from('bowline-test/echo')];

// The binding's error texts carry whole stack traces where the environment asks for them.
process.env.RUST_BACKTRACE = '0';

/** Real iroh, on loopback only, knowing one relay and nothing else of the world. */
export class IrohEndpoint implements AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly relayUrl: string;
  /** Connections must be referenced: iroh closes those that are collected. */
  readonly #connections: Connection[] = [];

  private constructor(endpoint: Endpoint, relayUrl: string) {
    this.endpoint = endpoint;
    this.relayUrl = relayUrl;
  }

  static async bind(secretKey: Uint8Array, relayUrl: string, token?: string): Promise<IrohEndpoint> {
    const builder = Endpoint.builder();
    presetMinimal(builder);
    builder.secretKey([...secretKey]);
    builder.alpns([ECHO_ALPN]);
    const map = RelayMap.empty();
    map.insert({ url: relayUrl, ...(token === undefined ? {} : { authToken: token }) });
    builder.relayMode(RelayMode.custom(map));
    builder.bindAddr('127.0.0.1:0');
    builder.bindAddr('[::1]:0');
    return new IrohEndpoint(await builder.bind(), relayUrl);
  }

  get id(): string {
    return this.endpoint.id().toString();
  }

  /** Answers every message of one connection, then the next connection. */
  async echo(): Promise<void> {
    for (;;) {
      const incoming = await this.endpoint.acceptNext();
      if (incoming === null) return;
      const accepting = await incoming.accept();
      const connection = await accepting.connect();
      this.#connections.push(connection);
      this.#answer(connection).catch(() => undefined);
    }
  }

  async #answer(connection: Connection): Promise<void> {
    for (;;) {
      const stream = await connection.acceptBi();
      const message = await stream.recv.readToEnd(1_024);
      await stream.send.writeAll(message);
      await stream.send.finish();
    }
  }

  /** Dials by relay alone: no direct address is known. */
  async connect(id: string): Promise<Connection> {
    const address = new EndpointAddr(EndpointId.fromString(id), this.relayUrl, []);
    const connection = await this.endpoint.connect(address, ECHO_ALPN);
    this.#connections.push(connection);
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.close(0n, []);
    await this.endpoint.close();
  }
}

export const askEcho = async (connection: Connection, text: string): Promise<string> => {
  const stream = await connection.openBi();
  await stream.send.writeAll([...Buffer.from(text)]);
  await stream.send.finish();
  return Buffer.from(await stream.recv.readToEnd(1_024)).toString();
};
