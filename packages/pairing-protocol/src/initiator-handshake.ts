import type { DeviceCard } from '@bowline/contracts';
import { encodeFrame } from '@bowline/wire-format';
import { boundedDeviceCard, cleanDeviceCard } from './device-card.ts';
import { PairingProtocolError } from './errors.ts';
import {
  finishSchema,
  type Hello,
  helloSchema,
  type PairRefusalReason,
  proofSchema,
  readFrame,
} from './pair-frames.ts';
import { commitmentTo, isSameProof } from './proof.ts';
import {
  authenticationString,
  type FullTranscript,
  finishProof,
  initiatorProof,
  joinerProof,
  type PairEnds,
  type PairProofKeys,
  refusalProof,
  welcomeProof,
} from './transcript.ts';
import { commonVersion } from './versions.ts';

/** A hello of a version we speak. Which code it is for shows `isHelloFor`. */
export interface ReadHello extends Hello {
  readonly version: number;
}

/**
 * Reads the first frame of a connection.
 *
 * @throws {@link PairingProtocolError} `protocol-error`, or `version-unsupported` when no version is common.
 */
export const readHello = (frame: Uint8Array): ReadHello => {
  const hello = readFrame(frame, helloSchema);
  const version = commonVersion(hello.versions);
  if (version === undefined) throw new PairingProtocolError('version-unsupported', 'no version in common');
  return { ...hello, version };
};

/** The frame that turns away a joiner which holds the code, and proves that we hold it too. */
export const refusalFrame = (
  proofKey: Uint8Array,
  ends: PairEnds,
  hello: Pick<Hello, 'versions' | 'commitment'>,
  reason: PairRefusalReason,
): Uint8Array => encodeFrame({ type: 'refusal', reason, proof: refusalProof(proofKey, ends, hello, reason) });

export interface InitiatorHandshakeInput {
  readonly keys: PairProofKeys;
  readonly ends: PairEnds;
  /** Checked with `isHelloFor` already. */
  readonly hello: ReadHello;
  readonly card: DeviceCard;
  /** 32 fresh random bytes. */
  readonly nonce: Uint8Array;
}

/** What a frame of the joiner led to. */
export type InitiatorStep =
  /** The joiner holds the code. Claim it and send `welcome`, or turn the joiner away with {@link refusalFrame}. */
  | {
      readonly kind: 'proven';
      readonly joiner: DeviceCard;
      readonly authenticationString: string;
      readonly welcome: Uint8Array;
    }
  /** Both sides have seen the same. */
  | { readonly kind: 'finished' };

/** The initiator's side of one handshake; pure but for its position in it. */
export interface InitiatorHandshake {
  /** To send first. It proves the code and shows nothing of this device. */
  readonly challenge: Uint8Array;
  /** @throws {@link PairingProtocolError} `proof-mismatch` for a wrong proof, `protocol-error` for any other frame. */
  receive(frame: Uint8Array): InitiatorStep;
}

export const initiatorHandshake = (input: InitiatorHandshakeInput): InitiatorHandshake => {
  const { keys, ends, hello } = input;
  const card = boundedDeviceCard(input.card);
  const start = { version: hello.version, ends, hello, initiatorNonce: input.nonce };
  let awaited: 'proof' | 'finish' | 'nothing' = 'proof';
  let transcript: FullTranscript | null = null;

  const receiveProof = (frame: Uint8Array): InitiatorStep => {
    const { nonce, card: joinerCard, proof } = readFrame(frame, proofSchema);
    const isCommitted = isSameProof(commitmentTo(nonce), hello.commitment);
    if (!isSameProof(proof, joinerProof(keys, start, nonce, joinerCard)) || !isCommitted) {
      throw new PairingProtocolError('proof-mismatch', 'its proof of the code is wrong');
    }
    const full: FullTranscript = { ...start, joinerNonce: nonce, joinerCard, initiatorCard: card };
    transcript = full;
    awaited = 'finish';
    return {
      kind: 'proven',
      joiner: cleanDeviceCard(joinerCard),
      authenticationString: authenticationString(keys, start, nonce),
      welcome: encodeFrame({ type: 'welcome', card, proof: welcomeProof(keys, full) }),
    };
  };

  const receiveFinish = (frame: Uint8Array, full: FullTranscript): InitiatorStep => {
    const { proof } = readFrame(frame, finishSchema);
    if (!isSameProof(proof, finishProof(keys, full))) {
      throw new PairingProtocolError('proof-mismatch', 'it has seen something else than we said');
    }
    return { kind: 'finished' };
  };

  return {
    challenge: encodeFrame({
      type: 'challenge',
      version: hello.version,
      nonce: input.nonce,
      proof: initiatorProof(keys, start),
    }),
    receive: (frame) => {
      const expected = awaited;
      // A frame that fails ends the handshake: there is no second try on one connection.
      awaited = 'nothing';
      if (expected === 'proof') return receiveProof(frame);
      if (expected === 'finish' && transcript !== null) return receiveFinish(frame, transcript);
      throw new PairingProtocolError('protocol-error', 'a frame after the handshake ended');
    },
  };
};
