import type { CloseName, ConnectionPath, LinkDownReason, PeerDevice, SocketAddress } from '@bowline/contracts';
import type { RefusalFacts } from '@bowline/diagnosis';

/** Where the address of a direct path came from; `null` when iroh found it by itself, by punching a hole. */
export type AddressOrigin = 'mdns' | 'stored' | 'peer' | null;

/** How a dial ended that did not lead to a link. */
export interface FailedDial {
  readonly atMs: number;
  /** Code of the error, as links tell it. */
  readonly code: string;
  /** What the other side said; `null` when it said nothing. */
  readonly refusedWith: CloseName | null;
}

/** How one device was reached, and was not, since this device started. Times are wall clock, milliseconds. */
export interface Contact {
  readonly pathSinceMs: number | null;
  readonly learntFrom: AddressOrigin;
  readonly lastDown: { readonly atMs: number; readonly reason: LinkDownReason } | null;
  /** The last one since the device was last connected. */
  readonly lastFailure: FailedDial | null;
  /** When this device last refused it, and for what, since the two were last connected. */
  readonly lastRefusal: RefusalFacts | null;
  /** Dials that failed in a row. */
  readonly failureCount: number;
  /** When mDNS last showed it. */
  readonly sightedAtMs: number | null;
}

export const NO_CONTACT: Contact = Object.freeze({
  pathSinceMs: null,
  learntFrom: null,
  lastDown: null,
  lastFailure: null,
  lastRefusal: null,
  failureCount: 0,
  sightedAtMs: null,
});

/** What is known of a device when a path to it is looked at. */
interface KnownPlaces {
  readonly device: Pick<PeerDevice, 'directAddresses'>;
  readonly sightedAddresses: readonly SocketAddress[];
}

/**
 * Where the address of a path came from. @param told addresses the device tells at this moment, on a link that has just
 * come up; `null`: it told those in its record on this link
 */
export const originOf = (
  path: ConnectionPath | null,
  { device, sightedAddresses }: KnownPlaces,
  told: readonly SocketAddress[] | null,
): AddressOrigin => {
  const address = path?.remoteAddress ?? null;
  if (address === null) return null;
  if (sightedAddresses.includes(address)) return 'mdns';
  const isRecorded = device.directAddresses.some((known) => known.address === address);
  if (told === null) return isRecorded ? 'peer' : null;
  if (isRecorded) return 'stored';
  return told.includes(address) ? 'peer' : null;
};
