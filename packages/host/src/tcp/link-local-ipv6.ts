import { BlockList, isIPv6 } from 'node:net';

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');

/** Whether an address means something on one link alone, by IPv6. @param ip without a zone */
export const isLinkLocalIpv6 = (ip: string): boolean => isIPv6(ip) && LINK_LOCAL.check(ip, 'ipv6');
