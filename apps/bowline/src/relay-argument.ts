import type { ChosenRelay } from '@bowline/contracts';
import { WrongUseError } from './errors.ts';

/** Where iroh-relay answers about addresses unless it is told otherwise. */
const IROH_QUIC_PORT = 7_842;

/**
 * A relay as it is typed: its URL, and behind it `#quic` or `#quic=PORT` where it offers QUIC address discovery. That part
 * never travels: a relay is named by what is before it. Whether the URL is one is the host's to check.
 *
 * @throws {@link WrongUseError}
 */
export const relayArgument = (text: string): ChosenRelay => {
  const [url = '', ...fragments] = text.split('#');
  if (fragments.length === 0) return { url };
  const [, port = String(IROH_QUIC_PORT)] = /^quic(?:=(\d{1,5}))?$/.exec(fragments.join('#')) ?? fail(text);
  const quicPort = Number(port);
  return quicPort >= 1 && quicPort <= 65_535 ? { url, quicPort } : fail(text);
};

const fail = (text: string): never => {
  throw new WrongUseError(
    `What stands after # in ${text} must be "quic" (UDP port ${IROH_QUIC_PORT}) or "quic=PORT", for a relay with QUIC address discovery.`,
  );
};
