import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Clock, errorCode } from '@bowline/contracts';
import { MdnsUnavailableError } from './errors.ts';
import { isOnLink, isOwnAddress, type LanNetwork } from './lan-network.ts';
import { PacketFilter, type PacketRefusal } from './packet-filter.ts';

/** How mDNS is spoken over a family: the group every packet goes to (RFC 6762 section 3), and where the socket is bound. */
interface MulticastPlan {
  readonly type: 'udp4' | 'udp6';
  readonly anywhere: string;
  readonly group: string;
  /** Where packets go; with IPv6 the group on the one interface. */
  readonly destination: string;
  /** What the system takes for the interface. */
  readonly interface: string;
}

const planOf = ({ address, zone }: LanNetwork): MulticastPlan =>
  zone === null
    ? {
        type: 'udp4',
        anywhere: '0.0.0.0',
        group: '224.0.0.251',
        destination: '224.0.0.251',
        interface: address,
      }
    : { type: 'udp6', anywhere: '::', group: 'ff02::fb', destination: `ff02::fb%${zone}`, interface: `::%${zone}` };

/** mDNS packets leave with the highest hop count, so that a receiver may tell they crossed no router (RFC 6762 section 11). */
const HOP_LIMIT = 255;

/** The question for Bowline devices as every mDNS stack writes it: `_bowline._udp.local`, type PTR. */
const QUESTION = Buffer.from('\x08_bowline\x04_udp\x05local\x00\x00\x0c', 'latin1');

/** A packet that asks it: one question, class IN. */
const QUESTION_PACKET = Buffer.concat([
  Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
  QUESTION,
  Buffer.from([0, 1]),
]);

/** What a {@link MulticastSocket} is made from. */
export interface MulticastSocketComponents {
  readonly network: LanNetwork;
  readonly port: number;
  readonly clock: Clock;
  /** Whether a packet shows the tag of a code that is looked for: it is heard through a flood. */
  readonly isSearched: (packet: Buffer) => boolean;
  /** An admitted packet. */
  readonly onPacket: (kind: 'query' | 'response', packet: Buffer, source: RemoteInfo) => void;
  readonly onRefusal: (refusal: PacketRefusal) => void;
  /** The system's code for why nothing can be sent or heard; `null` after the next packet that was sent. */
  readonly onTrouble: (code: string | null) => void;
}

/**
 * The one UDP socket of an interface.
 *
 * It is bound to every address, since a socket bound to the interface's own hears no multicast on Linux, and tied to
 * the interface by membership and outgoing interface, so that it needs no route. Other programs may share the port.
 */
export class MulticastSocket {
  readonly #components: MulticastSocketComponents;
  readonly #filter: PacketFilter;
  readonly #socket: Socket;
  readonly #destination: string;
  #isOpen: boolean = true;
  #unheardSinceMs: number | null = null;
  #questionHeardAtMs: number | null = null;
  #hasHeardOthers: boolean = false;

  private constructor(components: MulticastSocketComponents, socket: Socket) {
    this.#components = components;
    this.#filter = new PacketFilter(components.clock, components.network, components.isSearched);
    this.#socket = socket;
    this.#destination = planOf(components.network).destination;
  }

  /** @throws {@link MdnsUnavailableError} when the port is taken or the interface takes no multicast */
  static async open(components: MulticastSocketComponents): Promise<MulticastSocket> {
    const plan = planOf(components.network);
    const socket = createSocket({ type: plan.type, reuseAddr: true, ipv6Only: plan.type === 'udp6' });
    try {
      await bind(socket, components.port, plan.anywhere);
      socket.addMembership(plan.group, plan.interface);
      socket.setMulticastInterface(plan.interface);
      socket.setMulticastTTL(HOP_LIMIT);
      socket.setMulticastLoopback(true);
    } catch (error) {
      socket.on('error', () => undefined);
      socket.close();
      throw new MdnsUnavailableError(components.network.name, codeOf(error), error);
    }
    const opened = new MulticastSocket(components, socket);
    socket.on('error', (error) => components.onTrouble(codeOf(error)));
    socket.on('message', (packet, source) => opened.#receive(packet, source));
    return opened;
  }

  /** When somebody else on the network last asked for Bowline devices, monotonic milliseconds. */
  get questionHeardAtMs(): number | null {
    return this.#questionHeardAtMs;
  }

  /** Whether anything of another machine on the link was heard, whatever it was about. */
  get hasHeardOthers(): boolean {
    return this.#hasHeardOthers;
  }

  /**
   * For how long nothing this machine sent has come back, milliseconds; 0 while all is well. Multicast comes back to
   * its sender, so silence means a lost membership or a firewall.
   */
  get deafForMs(): number {
    return this.#unheardSinceMs === null ? 0 : this.#components.clock.monotonicMs() - this.#unheardSinceMs;
  }

  /** Asks the network for Bowline devices. */
  ask(): void {
    this.send(QUESTION_PACKET, () => undefined);
  }

  /** Sends to the group. `onSent` is always called, never before this returns. */
  send(packet: Uint8Array, onSent: (error: Error | null) => void): void {
    if (!this.#isOpen) {
      queueMicrotask(() => onSent(null));
      return;
    }
    this.#unheardSinceMs ??= this.#components.clock.monotonicMs();
    this.#socket.send(packet, this.#components.port, this.#destination, (error) => {
      if (this.#isOpen) this.#components.onTrouble(error === null ? null : codeOf(error));
      onSent(error);
    });
  }

  /** Gives the port back. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #receive(packet: Buffer, source: RemoteInfo): void {
    if (!this.#isOpen) return;
    const isOwn = isOwnAddress(this.#components.network, source.address);
    if (isOwn) this.#unheardSinceMs = null;
    else if (!this.#hasHeardOthers) this.#hasHeardOthers = isOnLink(this.#components.network, source.address);
    const verdict = this.#filter.judge(packet, source.address);
    if ('refusal' in verdict) {
      this.#components.onRefusal(verdict.refusal);
      return;
    }
    if (!isOwn && verdict.kind === 'query' && packet.includes(QUESTION)) {
      this.#questionHeardAtMs = this.#components.clock.monotonicMs();
    }
    this.#components.onPacket(verdict.kind, packet, source);
  }
}

const bind = (socket: Socket, port: number, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('error', reject);
    // Exclusive concerns Node's cluster only: a worker must not be given its parent's socket.
    socket.bind({ port, address, exclusive: true }, () => {
      socket.removeListener('error', reject);
      resolve();
    });
  });

const codeOf = (error: unknown): string => errorCode(error) ?? 'unknown error';
