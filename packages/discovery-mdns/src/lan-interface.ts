import type { LanNetwork } from './lan-network.ts';
import type { LanRecord } from './lan-record.ts';
import type { PacketRefusal } from './packet-filter.ts';

/** What an open interface tells. Nothing is told after its `close`. */
export interface LanListener {
  /** A Bowline service was heard, new or changed; of any shape, since a stranger made it. */
  readonly onService: (service: unknown) => void;
  /** A service said goodbye, says who sent it. */
  readonly onGoodbye: (instance: string, sourceAddress: string) => void;
  /** The system's code for why multicast does not work here, or `null` when it works. */
  readonly onTrouble: (code: string | null) => void;
  readonly onRefusal: (refusal: PacketRefusal | 'library-error') => void;
}

/** One record on the air on one interface. */
export interface LanAnnouncement {
  /** The full name it is announced under: random, so that no two ever conflict. */
  readonly instance: string;
  /** Says goodbye and stops answering. Never rejects. */
  withdraw(): Promise<void>;
}

/** One interface, open for mDNS. */
export interface LanInterface {
  readonly network: LanNetwork;
  /** See {@link MulticastSocket.questionHeardAtMs}. */
  readonly questionHeardAtMs: number | null;
  /** See {@link MulticastSocket.hasHeardOthers}. */
  readonly hasHeardOthers: boolean;
  /** See {@link MulticastSocket.deafForMs}. */
  readonly deafForMs: number;
  /** Asks the network for Bowline devices; every answer is told, those heard before included. */
  ask(): void;
  announce(record: LanRecord): LanAnnouncement;
  /** Withdraws every announcement and closes the socket. Never rejects. */
  close(): Promise<void>;
}

/** Opens an interface. @throws {@link MdnsUnavailableError} */
export type OpenLanInterface = (network: LanNetwork, listener: LanListener) => Promise<LanInterface>;
