import type { DeviceFacts } from '@bowline/contracts';
import type { NetworkInterfaces } from './network-fingerprint.ts';

/** Nothing connects over them: they mean nothing beyond one cable. */
const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address) || address.startsWith('169.254.');

/** Kinds of addresses by which others could reach this machine; none: it is on no network. */
export const outerFamiliesOf = (interfaces: ReturnType<NetworkInterfaces>): DeviceFacts['families'] => {
  const outside = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !isLinkLocal(address));
  return (['ipv4', 'ipv6'] as const).filter((family) =>
    outside.some((address) => address.family.toLowerCase() === family),
  );
};
