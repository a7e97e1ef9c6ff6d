import { isDiallableWhenTold, type PairingIdentity, type SocketAddress } from '@bowline/contracts';

/** Where another device says it is, or a ticket does, as far as it is dialled. */
export const diallableLocation = <Place extends { readonly directAddresses: readonly SocketAddress[] }>(
  told: Place,
  self: Pick<PairingIdentity, 'allowsThisMachine'> | null,
): Place => ({
  ...told,
  directAddresses: told.directAddresses.filter((address) =>
    isDiallableWhenTold(address, self?.allowsThisMachine ?? false),
  ),
});
