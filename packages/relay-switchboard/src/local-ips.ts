import { networkInterfaces } from 'node:os';
import { unmappedIp } from '@bowline/contracts';

/** The IP addresses this machine has now. */
export type LocalIps = () => ReadonlySet<string>;

/** As the system tells them. */
export const localIps: LocalIps = () =>
  new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)));

/** A socket's own address as {@link localIps} writes it. */
export const plainLocalIp = (address: string): string => unmappedIp(address.replace(/%.*$/, ''));
