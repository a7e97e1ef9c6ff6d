import { isIPv4, isIPv6 } from 'node:net';

/** A host and a UDP port, as a person gives them. */
export interface HostPort {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  /** 1 to 65,535. */
  readonly port: number;
}

/** Longest name the DNS knows (RFC 1035 section 2.3.4). */
const MAX_NAME_CHARACTERS = 253;

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** Whether it can be the name of a host; nobody is asked. A name of digits alone would be a mistyped address. */
const isHostName = (text: string): boolean => {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  const labels = name.split('.');
  return (
    name.length <= MAX_NAME_CHARACTERS &&
    labels.every((label) => LABEL.test(label)) &&
    /[a-z]/i.test(labels.at(-1) ?? '')
  );
};

/** A UDP port in decimal digits; `undefined` for anything else. */
export const parsePort = (text: string): number | undefined => {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
};

/** Reads `HOST:PORT`, where an IPv6 address stands in brackets; `undefined` for anything else. */
export const parseHostPort = (text: string): HostPort | undefined => {
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*)):([0-9]+)$/.exec(text) ?? [];
  const port = parsePort(digits);
  if (port === undefined) return undefined;
  if (bracketed !== undefined)
    return isIPv6(bracketed) && !bracketed.includes('%') ? { host: bracketed, port } : undefined;
  if (plain === undefined || !(isIPv4(plain) || isHostName(plain))) return undefined;
  return { host: plain, port };
};
