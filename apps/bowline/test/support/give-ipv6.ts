import type { LabHost } from '@bowline/testing/network-lab';

/** What a host of a lab is given. */
interface GivenIpv6 {
  /** Beside its link-local one; `null`: none. */
  readonly address: string | null;
  /** Whether its IPv4 is taken. @defaultValue false */
  readonly isAlone?: boolean;
}

/** Gives a host of a lab IPv6, which is usable at once. */
export const giveIpv6 = (host: LabHost, { address, isAlone = false }: GivenIpv6): Promise<string> =>
  host.run(
    'sh',
    '-ec',
    `cd /proc/sys/net/ipv6/conf
for name in all default lo eth0; do echo 0 > $name/accept_dad; echo 0 > $name/disable_ipv6; done
${isAlone ? 'ip -4 address flush dev eth0' : ''}
${address === null ? '' : `ip address add ${address}/64 dev eth0 nodad`}`,
  );
