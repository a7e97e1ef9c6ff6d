import type { Clock, Random } from '@bowline/contracts';
import { Bonjour, type Browser } from 'bonjour-service';
import { BonjourSocket } from './bonjour-socket.ts';
import type { LanAnnouncement, LanInterface, LanListener, OpenLanInterface } from './lan-interface.ts';
import type { LanNetwork } from './lan-network.ts';
import { type LanRecord, writeRecordText } from './lan-record.ts';
import { MulticastSocket } from './multicast-socket.ts';
import { keepOwnAddresses } from './own-addresses.ts';

/** What every {@link BonjourInterface} of an actor shares. */
export interface BonjourInterfaceComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly port: number;
}

/** Service `_bowline._udp`. */
const SERVICE = { type: 'bowline', protocol: 'udp' } as const;

/** Services one question may bring up before the rest is left for the next question. */
const MAX_SERVICES = 256;

/** Bytes of randomness in a name: 64 bits, so that names never conflict and say nothing about the device. */
const NAME_BYTES = 8;

/** Opens interfaces with `bonjour-service`. */
export const openBonjourInterface =
  (components: BonjourInterfaceComponents): OpenLanInterface =>
  async (network, listener) => {
    const sockets: Record<'query' | 'response', Set<BonjourSocket>> = { query: new Set(), response: new Set() };
    const socket = await MulticastSocket.open({
      network,
      port: components.port,
      clock: components.clock,
      onPacket: (kind, packet, { address, port, size }) => {
        for (const each of sockets[kind]) each.deliver(packet, { address, family: 'IPv4', port, size });
      },
      onRefusal: listener.onRefusal,
      onTrouble: listener.onTrouble,
    });
    return new BonjourInterface(components, network, listener, socket, sockets);
  };

/**
 * One interface, kept by several instances of the library over one socket.
 *
 * Every announcement has an instance of its own, because withdrawing one of two services of a type silences the other
 * as well. Announcing instances hear questions only and the asking one answers only, so a packet is parsed no more
 * often than needed.
 */
class BonjourInterface implements LanInterface {
  readonly network: LanNetwork;
  readonly #components: BonjourInterfaceComponents;
  readonly #listener: LanListener;
  readonly #socket: MulticastSocket;
  readonly #sockets: Readonly<Record<'query' | 'response', Set<BonjourSocket>>>;
  readonly #announcements = new Set<LanAnnouncement>();
  readonly #asking: Bonjour;
  #browser: Browser | null = null;
  #browserBefore: Browser | null = null;

  constructor(
    components: BonjourInterfaceComponents,
    network: LanNetwork,
    listener: LanListener,
    socket: MulticastSocket,
    sockets: Readonly<Record<'query' | 'response', Set<BonjourSocket>>>,
  ) {
    this.#components = components;
    this.network = network;
    this.#listener = listener;
    this.#socket = socket;
    this.#sockets = sockets;
    this.#asking = this.#newBonjour('response');
  }

  get questionHeardAtMs(): number | null {
    return this.#socket.questionHeardAtMs;
  }

  get deafForMs(): number {
    return this.#socket.deafForMs;
  }

  /**
   * A new browser each time: it asks when it is made, tells what it hears for the first time, and is the only way to
   * hear of a service again whose addresses changed or which died and came back. The one before it stays until the
   * next question, for it knows who may say goodbye.
   */
  ask(): void {
    this.#browserBefore?.stop();
    this.#browserBefore = this.#browser;
    const browser = this.#asking.find(SERVICE);
    this.#browser = browser;
    const tell = (service: unknown): void => {
      if (browser.services.length >= MAX_SERVICES) browser.stop();
      if (browser === this.#browser) this.#listener.onService(service);
    };
    browser.on('up', tell);
    browser.on('srv-update', tell);
    browser.on('txt-update', tell);
    browser.on('down', (service) => this.#listener.onGoodbye(service.fqdn.toLowerCase()));
  }

  announce(record: LanRecord): LanAnnouncement {
    const name = `bowline-${Buffer.from(this.#components.random.bytes(NAME_BYTES)).toString('hex')}`;
    const bonjour = this.#newBonjour('query');
    // Probing would delay the announcement by 0.9 s, and gives up a name that somebody else claims. The library's own
    // host name lacks ".local" and may be shared by several machines.
    const service = bonjour.publish({
      ...SERVICE,
      name,
      host: `${name}.local`,
      port: record.port,
      txt: writeRecordText(record),
      probe: false,
      disableIPv6: true,
    });
    const announcement: LanAnnouncement = {
      instance: service.fqdn,
      withdraw: async () => {
        if (!this.#announcements.delete(announcement)) return;
        await new Promise<void>((resolve) => bonjour.unpublishAll(() => resolve()));
        bonjour.destroy();
      },
    };
    this.#announcements.add(announcement);
    return announcement;
  }

  async close(): Promise<void> {
    this.#browserBefore?.stop();
    this.#browser?.stop();
    this.#asking.destroy();
    await Promise.all([...this.#announcements].map((announcement) => announcement.withdraw()));
    await this.#socket.close();
  }

  /** An instance of the library that hears packets of one kind. */
  #newBonjour(hears: 'query' | 'response'): Bonjour {
    const socket: BonjourSocket = new BonjourSocket({
      send: (packet, onSent) => this.#socket.send(keepOwnAddresses(packet, this.network.addresses), onSent),
      onClose: () => this.#sockets[hears].delete(socket),
      onThrow: () => this.#listener.onRefusal('library-error'),
    });
    this.#sockets[hears].add(socket);
    // The library passes its options on to the mDNS layer, whose `socket` its types leave out.
    const options: { readonly port: number; readonly socket: BonjourSocket } = { port: this.#components.port, socket };
    // Failures to send are heard at the socket already; without a callback the library would throw them.
    return new Bonjour(options, () => undefined);
  }
}
