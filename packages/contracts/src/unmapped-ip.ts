/** An IPv4 address that a socket for both families wrote as IPv6 (`::ffff:192.0.2.1`) as what it is; every other address unchanged. */
export const unmappedIp = (ip: string): string => ip.replace(/^::ffff:(?=\d+\.)/i, '');
