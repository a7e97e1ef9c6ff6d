import { brandAs, endpointIdOf, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { formatTicket, formatTicketJson, parseCode, type Ticket, wordsOfEntropy } from '@bowline/pairing-code';

const WORDS = 'legal winner thank year wave sausage worth useful legal winner thank yellow';

const BARE: Ticket = {
  entropy: parseCode(WORDS).entropy,
  endpointId: null,
  relays: [],
  directAddresses: [],
  deviceName: null,
  expiresAtMs: null,
};

const FULL: Ticket = {
  ...BARE,
  endpointId: endpointIdOf(new Uint8Array(32).fill(1)),
  relays: [
    { url: brandAs<RelayUrl>('https://relay.example/'), token: null },
    { url: brandAs<RelayUrl>('https://second.example/'), token: 'sesame' },
  ],
  directAddresses: [brandAs<SocketAddress>('192.0.2.1:4242'), brandAs<SocketAddress>('[2001:db8::1]:4242')],
  deviceName: 'Ann’s NAS',
  expiresAtMs: 1_795_797_553_097,
};

const vectorOf = (what: string, ticket: Ticket): unknown => {
  const { entropy, ...fields } = ticket;
  return {
    what,
    ticket: { words: wordsOfEntropy(entropy), ...fields },
    text: formatTicket(ticket, { includeTokens: true }),
    json: formatTicketJson(ticket, { includeTokens: true }),
  };
};

/** Tickets and their two forms, for `packages/pairing-code/test/vectors/tickets.json`. */
export const ticketVectors = (): readonly unknown[] => [
  vectorOf('everything, with a token that was shared', FULL),
  vectorOf('no token', { ...FULL, relays: FULL.relays.map(({ url }) => ({ url, token: null })) }),
  vectorOf('the code alone', BARE),
];
