import type { AlpnPolicy, EndpointId, SocketAddress } from '@bowline/contracts';
import type { FakeSide, FakeSideOwner } from './fake-connection.ts';

/** One bound endpoint of a fake. */
export interface FakeBound {
  readonly id: EndpointId;
  readonly protocols: ReadonlyMap<string, AlpnPolicy>;
  admitted: ReadonlySet<EndpointId>;
  /** The pairing that ended, by endpoint. */
  unpaired: ReadonlyMap<EndpointId, string | null>;
  addresses: readonly SocketAddress[];
  /** Those of `addresses` that were told by `setExternalAddresses`. */
  readonly external: Set<SocketAddress>;
  readonly hasRelay: boolean;
  /** Takes the accepting end of a connection: admits it, or closes it at once. */
  accept(side: FakeSide): void;
  ownerOf(remote: EndpointId): FakeSideOwner;
}
