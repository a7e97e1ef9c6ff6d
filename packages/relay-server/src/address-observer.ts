import {
  type AlpnPolicy,
  addressGroupOfSocket,
  type Cancel,
  type ChannelClient,
  type Clock,
  type CloseName,
  type ConnectionId,
  type ConnectionInfo,
  type EndpointChannel,
  errorMessage,
  type Logger,
  OBSERVE_ALPN,
  type Random,
  SECRET_KEY_BYTES,
  type SocketAddress,
} from '@bowline/contracts';
import { encodeObserved, OBSERVE_MAX_FRAME_BYTES, type ObserverEndpoint, readAsk } from '@bowline/observe-protocol';
import { AddressAllowances } from './address-allowances.ts';
import { type AddressObserverOptions, resolveAddressObserverOptions } from './address-observer-options.ts';

/** What an observer is given. */
export interface AddressObserverComponents {
  /** Whoever owns the endpoints; the observer binds its own there. */
  readonly endpoint: ChannelClient<EndpointChannel>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Tells devices the address they are seen at: what a device behind a NAT cannot know of itself. Two endpoints, so that
 * a device can tell a NAT that gives it one port from one that gives it a port for every destination.
 *
 * It knows nobody and keeps nothing; its keys live as long as it does. Whoever made it opens it, again after each
 * restart of the endpoint's worker, and closes it.
 */
export interface AddressObserver {
  /**
   * Binds the endpoints; a second time with the same keys and ports. Rejects with `ENDPOINT_BIND_FAILED` where a port
   * is taken.
   */
  open(): Promise<readonly ObserverEndpoint[]>;
  /** Frees the endpoints; asks under way end with `shutdown`. */
  close(): Promise<void>;
}

/** An ask under way. */
interface Ask {
  /** Where it came from; `null` until iroh has chosen the path. */
  readonly from: SocketAddress | null;
  /** One ask for each connection. */
  isHeard: boolean;
  readonly cancelDeadline: Cancel;
}

/** @throws {@link InvalidOptionError} */
export const addressObserver = (
  input: Partial<AddressObserverOptions> = {},
): ((components: AddressObserverComponents) => AddressObserver) => {
  const options = resolveAddressObserverOptions(input);
  return (components) => new RunningObserver(options, components);
};

class RunningObserver implements AddressObserver {
  readonly #options: AddressObserverOptions;
  readonly #components: AddressObserverComponents;
  readonly #logger: Logger;
  readonly #secretKeys: readonly Uint8Array[];
  readonly #allowances: AddressAllowances;
  readonly #asks = new Map<ConnectionId, Ask>();
  #observers: readonly ObserverEndpoint[] = [];
  #cancels: readonly Cancel[] = [];

  constructor(options: AddressObserverOptions, components: AddressObserverComponents) {
    this.#options = options;
    this.#components = components;
    this.#logger = components.logger.child({ component: 'address-observer' });
    this.#secretKeys = [0, 1].map(() => components.random.bytes(SECRET_KEY_BYTES));
    this.#allowances = new AddressAllowances(options.askRate);
  }

  async open(): Promise<readonly ObserverEndpoint[]> {
    this.#forgetAsks();
    if (this.#cancels.length === 0) this.#cancels = this.#listen();
    const observers: ObserverEndpoint[] = [];
    try {
      for (const [index, secretKey] of this.#secretKeys.entries()) observers.push(await this.#bind(index, secretKey));
    } catch (error) {
      await this.#unbind(observers);
      throw error;
    }
    this.#observers = observers;
    this.#logger.info({ ports: observers.map(({ port }) => port) }, 'observer listening');
    return observers;
  }

  async close(): Promise<void> {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
    this.#forgetAsks();
    await this.#unbind(this.#observers);
    this.#observers = [];
  }

  async #unbind(observers: readonly ObserverEndpoint[]): Promise<void> {
    const { endpoint } = this.#components;
    await Promise.all(observers.map(({ endpointId }) => endpoint.request('unbind', { endpointId })));
  }

  async #bind(index: number, secretKey: Uint8Array): Promise<ObserverEndpoint> {
    const { bindAddress, port } = this.#options;
    const asked = this.#observers[index]?.port ?? (port === 0 ? undefined : port + index);
    const { endpointId, port: bound } = await this.#components.endpoint.request('bind', {
      secretKey,
      protocols: [this.#policy()],
      loopbackRelayUrl: null,
      bindAddresses: bindAddress === '::' ? [] : [bindAddress],
      ...(asked === undefined ? {} : { port: asked }),
    });
    return { endpointId, port: bound };
  }

  #policy(): AlpnPolicy {
    const { maxAsks } = this.#options;
    return { alpn: OBSERVE_ALPN, admit: 'anyone', maxFrameBytes: OBSERVE_MAX_FRAME_BYTES, maxIncoming: maxAsks };
  }

  #listen(): readonly Cancel[] {
    const { endpoint } = this.#components;
    return [
      endpoint.on('connection.accepted', (connection) => {
        if (connection.alpn === OBSERVE_ALPN) this.#accept(connection);
      }),
      endpoint.on('frame.received', ({ connectionId, frame }) => {
        const ask = this.#asks.get(connectionId);
        // `answer` never rejects.
        if (ask !== undefined) void this.#answer(connectionId, ask, frame);
      }),
      endpoint.on('connection.closed', ({ connectionId }) => this.#forget(connectionId)),
    ];
  }

  #accept({ connectionId, path }: ConnectionInfo): void {
    const { clock } = this.#components;
    // The path of the first moment is the one asked about: iroh may find a better one at once, of another family.
    const from = path?.kind === 'direct' ? path.remoteAddress : null;
    const cancelDeadline = clock.setTimer(this.#options.askTimeoutMs, () => this.#end(connectionId, 'timed-out'), {
      unref: true,
    });
    this.#asks.set(connectionId, { from, isHeard: false, cancelDeadline });
  }

  async #answer(connectionId: ConnectionId, ask: Ask, frame: Uint8Array): Promise<void> {
    const { clock, endpoint } = this.#components;
    try {
      readAsk(frame);
      if (ask.isHeard) {
        this.#end(connectionId, 'protocol-error');
        return;
      }
      ask.isHeard = true;
      const from = ask.from ?? (await this.#pathOf(connectionId));
      if (from === null || !this.#allowances.take(addressGroupOfSocket(from), clock.monotonicMs())) {
        this.#end(connectionId, 'busy');
        return;
      }
      await endpoint.request('send', { connectionId, frame: encodeObserved(from) });
    } catch (error) {
      this.#logger.debug({ reason: errorMessage(error) }, 'ask not answered');
      this.#end(connectionId, 'protocol-error');
    }
  }

  async #pathOf(connectionId: ConnectionId): Promise<SocketAddress | null> {
    const { path } = await this.#components.endpoint.request('inspect', { connectionId });
    return path?.kind === 'direct' ? path.remoteAddress : null;
  }

  #end(connectionId: ConnectionId, name: CloseName): void {
    this.#forget(connectionId);
    const { endpoint } = this.#components;
    endpoint.request('close', { connectionId, name, reason: '' }).catch((error: unknown) => {
      this.#logger.debug({ reason: errorMessage(error) }, 'ask not closed');
    });
  }

  #forget(connectionId: ConnectionId): void {
    this.#asks.get(connectionId)?.cancelDeadline();
    if (this.#asks.delete(connectionId)) this.#allowances.sweep(this.#components.clock.monotonicMs());
  }

  #forgetAsks(): void {
    for (const connectionId of [...this.#asks.keys()]) this.#forget(connectionId);
  }
}
