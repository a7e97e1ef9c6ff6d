import type { Clock, Random } from '@bowline/contracts';
import { Bonjour } from 'bonjour-service';
import { BonjourSocket } from './bonjour-socket.ts';
import type { LanAnnouncement, LanInterface, LanListener, OpenLanInterface } from './lan-interface.ts';
import type { LanNetwork } from './lan-network.ts';
import { type LanRecord, writeRecordText } from './lan-record.ts';
import { MulticastSocket } from './multicast-socket.ts';
import { keepOwnAddresses } from './own-addresses.ts';
import { readServices } from './service-answer.ts';

/** What every {@link BonjourInterface} of an actor shares. */
export interface BonjourInterfaceComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly port: number;
  readonly isSearched: (packet: Buffer) => boolean;
}

/** Service `_bowline._udp`. */
const SERVICE = { type: 'bowline', protocol: 'udp' } as const;

/** Bytes of randomness in a name: 64 bits, so that names never conflict and say nothing about the device. */
const NAME_BYTES = 8;

/** Opens interfaces with `bonjour-service`. */
export const openBonjourInterface =
  (components: BonjourInterfaceComponents): OpenLanInterface =>
  async (network, listener) => {
    const sockets = new Set<BonjourSocket>();
    const hear = (packet: Buffer, { address }: { readonly address: string }): void => {
      const { services, goodbyes } = readServices(packet);
      for (const instance of goodbyes) listener.onGoodbye(instance, address);
      for (const service of services) listener.onService({ ...service, referer: { address } });
    };
    const socket = await MulticastSocket.open({
      network,
      port: components.port,
      clock: components.clock,
      isSearched: components.isSearched,
      onPacket: (kind, packet, source) => {
        if (kind === 'response') return hear(packet, source);
        const { address, port, size } = source;
        for (const each of sockets)
          each.deliver(packet, { address, family: network.family === 'ipv4' ? 'IPv4' : 'IPv6', port, size });
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
 * as well. They hear questions only. Answers are read here: what asks and listens in the library remembers every service
 * it was ever told of, and a flood fills that.
 */
class BonjourInterface implements LanInterface {
  readonly network: LanNetwork;
  readonly #components: BonjourInterfaceComponents;
  readonly #listener: LanListener;
  readonly #socket: MulticastSocket;
  readonly #sockets: Set<BonjourSocket>;
  readonly #announcements = new Set<LanAnnouncement>();

  constructor(
    components: BonjourInterfaceComponents,
    network: LanNetwork,
    listener: LanListener,
    socket: MulticastSocket,
    sockets: Set<BonjourSocket>,
  ) {
    this.#components = components;
    this.network = network;
    this.#listener = listener;
    this.#socket = socket;
    this.#sockets = sockets;
  }

  get questionHeardAtMs(): number | null {
    return this.#socket.questionHeardAtMs;
  }

  get hasHeardOthers(): boolean {
    return this.#socket.hasHeardOthers;
  }

  get deafForMs(): number {
    return this.#socket.deafForMs;
  }

  ask(): void {
    this.#socket.ask();
  }

  announce(record: LanRecord): LanAnnouncement {
    const name = `bowline-${Buffer.from(this.#components.random.bytes(NAME_BYTES)).toString('hex')}`;
    const bonjour = this.#newBonjour();
    // Probing would delay the announcement by 0.9 s, and gives up a name that somebody else claims. The library's own
    // host name lacks ".local" and may be shared by several machines.
    const service = bonjour.publish({
      ...SERVICE,
      name,
      host: `${name}.local`,
      port: record.port,
      txt: writeRecordText(record),
      probe: false,
      disableIPv6: this.network.family === 'ipv4',
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
    await Promise.all([...this.#announcements].map((announcement) => announcement.withdraw()));
    await this.#socket.close();
  }

  /** An instance of the library that hears questions. */
  #newBonjour(): Bonjour {
    const socket: BonjourSocket = new BonjourSocket({
      send: (packet, onSent) => this.#socket.send(keepOwnAddresses(packet, this.network.addresses), onSent),
      onClose: () => this.#sockets.delete(socket),
      onThrow: () => this.#listener.onRefusal('library-error'),
    });
    this.#sockets.add(socket);
    // The library passes its options on to the mDNS layer, whose `socket` its types leave out.
    const options: { readonly port: number; readonly socket: BonjourSocket } = { port: this.#components.port, socket };
    // Failures to send are heard at the socket already; without a callback the library would throw them.
    return new Bonjour(options, () => undefined);
  }
}
