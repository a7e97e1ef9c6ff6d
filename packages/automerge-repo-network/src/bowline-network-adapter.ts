import { type Message, NetworkAdapter, type PeerId, type PeerMetadata } from '@automerge/automerge-repo/slim';
import type { Clock, Logger } from '@bowline/contracts';
import type { Host } from '@bowline/host';
import { createLogger } from '@bowline/logging';
import { systemClock } from '@bowline/system-ports';
import { type AdapterSession, adapterSession } from './adapter-session.ts';
import { type AdapterOptions, resolveAdapterOptions } from './options.ts';

/** How long a repository waits for devices that are connected before it asks nobody, milliseconds. */
const READY_MS = 1_000;

/**
 * Keeps the documents of a `Repo` in step with those on paired devices, over one stream to each. The stream outlives
 * connections: while a device roams, or a relay dies, its peer stays connected, and what was changed meanwhile arrives.
 *
 * Which documents are shared is the `Repo`'s to say (`sharePolicy`, `shareConfig`); with whom at all, the `allow` here.
 * The host must be started before `connect`, which a `Repo` calls as soon as it is made.
 */
export class BowlineNetworkAdapter extends NetworkAdapter {
  readonly #host: AdapterSessionHost;
  readonly #options: Readonly<Required<AdapterOptions>>;
  readonly #components: { readonly clock: Clock; readonly logger: Logger };
  #session: AdapterSession | null = null;
  #isReady = false;
  readonly #ready = Promise.withResolvers<void>();

  /** @throws INVALID_OPTION */
  constructor(
    host: AdapterSessionHost,
    options: AdapterOptions,
    components: { readonly clock?: Clock; readonly logger?: Logger } = {},
  ) {
    super();
    this.#host = host;
    this.#options = resolveAdapterOptions(options);
    this.#components = {
      clock: components.clock ?? systemClock,
      logger: components.logger ?? createLogger({ level: 'warn' }),
    };
  }

  isReady(): boolean {
    return this.#isReady;
  }

  /** Resolves once the devices that are connected have answered, a second after `connect` at the latest. */
  whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  connect(peerId: PeerId, peerMetadata: PeerMetadata = {}): void {
    this.disconnect();
    this.peerId = peerId;
    this.peerMetadata = peerMetadata;
    const cancelTimer = this.#components.clock.setTimer(READY_MS, () => this.#becomeReady(), { unref: true });
    const session = adapterSession({
      ...this.#components,
      host: this.#host,
      options: this.#options,
      own: { peerId, metadata: peerMetadata },
      onPeer: (greeting) => this.emit('peer-candidate', { peerId: greeting.peerId, peerMetadata: greeting.metadata }),
      onPeerGone: (gone) => this.emit('peer-disconnected', { peerId: gone }),
      onMessage: (message) => this.emit('message', message),
      onSettled: () => {
        cancelTimer();
        this.#becomeReady();
      },
    });
    this.#session = session;
  }

  send(message: Message): void {
    this.#session?.send(message);
  }

  disconnect(): void {
    const session = this.#session;
    this.#session = null;
    session?.end();
  }

  #becomeReady(): void {
    this.#isReady = true;
    this.#ready.resolve();
  }
}

/** What the adapter needs of a host, whichever way an app came by it. */
type AdapterSessionHost = Pick<Host, 'self' | 'devices' | 'device' | 'serve' | 'onAny'>;
