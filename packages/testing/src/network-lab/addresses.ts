import type { LabFamily } from './topology.ts';

/** Which addresses are where, in one family. */
export interface AddressPlan {
  readonly lan: (host: number) => string;
  /** A host of a home, and its router (host 1). */
  readonly home: (number: number, host: number) => string;
  readonly internet: (host: number) => string;
  /** Between a home's router and its provider. */
  readonly carrier: (number: number, host: number) => string;
  readonly prefixLength: number;
}

/** Documentation addresses (RFC 5737, RFC 3849), private ones (RFC 1918, RFC 4193), and a provider's own (RFC 6598). */
export const ADDRESS_PLANS: Readonly<Record<LabFamily, AddressPlan>> = {
  ipv4: {
    lan: (host) => `10.77.0.${host}`,
    home: (number, host) => `192.168.${number}.${host}`,
    internet: (host) => `198.51.100.${host}`,
    carrier: (number, host) => `100.64.${number}.${host}`,
    prefixLength: 24,
  },
  ipv6: {
    lan: (host) => `fd77::${host}`,
    home: (number, host) => `2001:db8:${number}::${host}`,
    internet: (host) => `2001:db8:ffff::${host}`,
    carrier: (number, host) => `2001:db8:fff${number}::${host}`,
    prefixLength: 64,
  },
};

/** Switches IPv6 on in a namespace, whose addresses then work at once: nobody else may have them. */
export const IPV6_SCRIPT = `for scope in all default lo; do
  echo 0 > /proc/sys/net/ipv6/conf/$scope/disable_ipv6
  echo 0 > /proc/sys/net/ipv6/conf/$scope/accept_dad
  echo 0 > /proc/sys/net/ipv6/conf/$scope/accept_ra
done
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding`;
