/**
 * The pairing handshake as pure step objects: bytes in, bytes and outcomes out. No I/O, no clock, no randomness of
 * its own. `docs/protocol/pairing.md` describes the bytes.
 *
 * @packageDocumentation
 */
export {
  type Agreement,
  type AgreementStep,
  acceptFrame,
  agreement,
  confirmFrame,
} from './agreement.ts';
export { PairingProtocolError } from './errors.ts';
export {
  type InitiatorHandshake,
  type InitiatorHandshakeInput,
  type InitiatorStep,
  initiatorHandshake,
  type ReadHello,
  readHello,
  refusalFrame,
} from './initiator-handshake.ts';
export {
  type JoinerHandshake,
  type JoinerHandshakeInput,
  type JoinerStep,
  joinerHandshake,
} from './joiner-handshake.ts';
export { PAIR_MAX_FRAME_BYTES, type PairRefusalReason, REFUSAL_REASONS } from './pair-frames.ts';
export { PROOF_BYTES } from './proof.ts';
export {
  answerRendezvous,
  type RendezvousAnswer,
  type RendezvousEnds,
  type RendezvousJoiner,
  type RendezvousStep,
  rendezvousJoiner,
} from './rendezvous.ts';
export { safetyNumber } from './safety-number.ts';
export { isHelloFor, type PairEnds, type PairProofKeys } from './transcript.ts';
export { PAIR_VERSIONS } from './versions.ts';
