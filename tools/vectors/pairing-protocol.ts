import { brandAs, type EndpointAddress, endpointIdOf, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { derivePairingKeys, parseCode } from '@bowline/pairing-code';
import {
  acceptFrame,
  answerRendezvous,
  confirmFrame,
  initiatorHandshake,
  joinerHandshake,
  REFUSAL_REASONS,
  readHello,
  refusalFrame,
  rendezvousJoiner,
} from '@bowline/pairing-protocol';

const WORDS = 'legal winner thank year wave sausage worth useful legal winner thank yellow';

/** Bytes that show at a glance where they ended up. */
const filled = (value: number): Uint8Array => new Uint8Array(32).fill(value);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const INITIATOR = { secretKey: filled(1), nonce: filled(3), card: { name: 'Ann’s NAS', platform: 'linux' } };
const JOINER = { secretKey: filled(2), nonce: filled(4), card: { name: 'Ann’s laptop', platform: 'darwin' } };

const WHEREABOUTS = {
  relayUrls: [brandAs<RelayUrl>('https://relay.example/')],
  directAddresses: [brandAs<SocketAddress>('192.0.2.1:4242'), brandAs<SocketAddress>('[2001:db8::1]:4242')],
};

const handshakeVector = (): unknown => {
  const keys = derivePairingKeys(parseCode(WORDS).entropy);
  const ends = {
    initiator: endpointIdOf(INITIATOR.secretKey),
    joiner: endpointIdOf(JOINER.secretKey),
  };
  const joiner = joinerHandshake({ keys, ends, card: JOINER.card, nonce: JOINER.nonce });
  const hello = readHello(joiner.hello);
  const initiator = initiatorHandshake({ keys, ends, hello, card: INITIATOR.card, nonce: INITIATOR.nonce });
  const answer = joiner.receive(initiator.challenge);
  if (answer.kind !== 'answer') throw new Error('no proof');
  const proven = initiator.receive(answer.frame);
  if (proven.kind !== 'proven') throw new Error('not proven');
  const finished = joiner.receive(proven.welcome);
  if (finished.kind !== 'finished') throw new Error('not finished');
  initiator.receive(finished.finish);
  return {
    words: WORDS,
    sessionId: keys.sessionId,
    lookupKey: hex(keys.lookupKey),
    proofKey: hex(keys.proofKey),
    initiator: {
      endpointId: ends.initiator,
      nonce: hex(INITIATOR.nonce),
      card: INITIATOR.card,
      whereabouts: WHEREABOUTS,
    },
    joiner: { endpointId: ends.joiner, nonce: hex(JOINER.nonce), card: JOINER.card },
    frames: {
      hello: hex(joiner.hello),
      challenge: hex(initiator.challenge),
      proof: hex(answer.frame),
      welcome: hex(proven.welcome),
      finish: hex(finished.finish),
      accept: hex(acceptFrame()),
      confirm: hex(confirmFrame(WHEREABOUTS)),
    },
    authenticationString: proven.authenticationString,
    refusals: Object.fromEntries(
      REFUSAL_REASONS.map((reason) => [reason, hex(refusalFrame(keys.proofKey, ends, hello, reason))]),
    ),
  };
};

const rendezvousVector = (): unknown => {
  const keys = derivePairingKeys(parseCode(WORDS).entropy);
  const ends = { rendezvous: keys.rendezvousEndpointId, joiner: endpointIdOf(JOINER.secretKey) };
  const address: EndpointAddress = { endpointId: endpointIdOf(INITIATOR.secretKey), ...WHEREABOUTS };
  const { ask } = rendezvousJoiner(keys.rendezvousProofKey, ends, JOINER.nonce);
  const answer = (kind: 'address' | 'refusal'): string =>
    hex(
      answerRendezvous(
        keys.rendezvousProofKey,
        ends,
        ask,
        kind === 'address' ? { kind, address } : { kind, reason: 'code-used' },
      ),
    );
  return {
    words: WORDS,
    rendezvousProofKey: hex(keys.rendezvousProofKey),
    rendezvousEndpointId: ends.rendezvous,
    joiner: { endpointId: ends.joiner, nonce: hex(JOINER.nonce) },
    address,
    frames: { ask: hex(ask), address: answer('address'), refusal: answer('refusal') },
  };
};

/** The bytes of one handshake and one rendezvous, for `packages/pairing-protocol/test/vectors/`. */
export const pairingProtocolVectors = (): Readonly<Record<string, unknown>> => ({
  handshake: handshakeVector(),
  rendezvous: rendezvousVector(),
});
