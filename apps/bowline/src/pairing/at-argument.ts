import { parseHostPort, parsePort } from '@bowline/contracts';
import { InvalidArgumentError } from 'commander';

/** Where a code is to be found, as the person said it. */
export interface ShownAt {
  /** What the other person types; `null` where the person knows it, and this device need not. */
  readonly host: string | null;
  readonly port: number;
}

/** Reads a UDP port. @throws InvalidArgumentError */
export const portArgument = (text: string): number => {
  const port = parsePort(text);
  if (port === undefined) throw new InvalidArgumentError('It must be a UDP port, 1 to 65535.');
  return port;
};

/** Reads `[HOST:]PORT`. @throws InvalidArgumentError */
export const shownAtArgument = (text: string): ShownAt => {
  const port = parsePort(text);
  if (port !== undefined) return { host: null, port };
  const place = parseHostPort(text);
  if (place === undefined) {
    throw new InvalidArgumentError(
      'It must be PORT or HOST:PORT, with an IPv6 address in brackets, e.g. 4000 or nas.example:4000.',
    );
  }
  return place;
};

/** Reads `HOST:PORT` and leaves it as it is. @throws InvalidArgumentError */
export const placeArgument = (text: string): string => {
  if (parseHostPort(text) === undefined) {
    throw new InvalidArgumentError('It must be HOST:PORT, with an IPv6 address in brackets, e.g. nas.example:4000.');
  }
  return text;
};
