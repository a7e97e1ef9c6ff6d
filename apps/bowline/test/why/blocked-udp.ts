import type { LabHost } from '@bowline/testing/network-lab';

/** Drops what a host sends and hears over UDP, its own loopback left alone. */
export const blockUdpAt = (host: LabHost): Promise<string> =>
  host.run(
    'nft',
    'table inet lab { chain out { type filter hook output priority 0; oifname != "lo" meta l4proto udp drop; }; chain in { type filter hook input priority 0; iifname != "lo" meta l4proto udp drop; }; }',
  );

/** A firewall that lets in nothing but multicast DNS over UDP. */
export const letMulticastInAlone = (host: LabHost): Promise<string> =>
  host.run(
    'nft',
    'table inet lab { chain in { type filter hook input priority 0; iifname != "lo" meta l4proto udp udp dport != 5353 drop; }; }',
  );

/** Drops what comes from one address. */
export const refuseAt = (host: LabHost, address: string): Promise<string> =>
  host.run('nft', `table inet lab { chain in { type filter hook input priority 0; ip saddr ${address} drop; }; }`);

/** Takes away whatever one of the others has put there. */
export const allowAllAt = (host: LabHost): Promise<string> => host.run('nft', 'delete', 'table', 'inet', 'lab');

/** A firewall that lets in over UDP only what comes from one address, such as a relay's. */
export const letInAlone = (host: LabHost, address: string): Promise<string> =>
  host.run(
    'nft',
    `table inet lab { chain in { type filter hook input priority 0; iifname != "lo" meta l4proto udp ip saddr != ${address} drop; }; }`,
  );

/** Multicast DNS neither gets out nor in. */
export const blockMdns = (host: LabHost): Promise<string> =>
  host.run('nft', 'table inet lab { chain out { type filter hook output priority 0; udp dport 5353 drop; }; }');
