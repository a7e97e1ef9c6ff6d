import type { DeviceCard } from '@bowline/contracts';
import { encodeFrame } from '@bowline/wire-format';
import { z } from 'zod';
import { boundedDeviceCard, cleanDeviceCard } from './device-card.ts';
import { PairingProtocolError } from './errors.ts';
import { challengeSchema, type PairRefusalReason, readFrame, refusalSchema, welcomeSchema } from './pair-frames.ts';
import { commitmentTo, isSameProof } from './proof.ts';
import {
  authenticationString,
  type FullTranscript,
  finishProof,
  helloTag,
  initiatorProof,
  joinerProof,
  type PairEnds,
  type PairProofKeys,
  refusalProof,
  type TranscriptStart,
  welcomeProof,
} from './transcript.ts';
import { PAIR_VERSIONS } from './versions.ts';

export interface JoinerHandshakeInput {
  readonly keys: PairProofKeys;
  readonly ends: PairEnds;
  readonly card: DeviceCard;
  /** 32 fresh random bytes. */
  readonly nonce: Uint8Array;
}

/** What a frame of the initiator led to. */
export type JoinerStep =
  /** The initiator holds the code; send this. */
  | { readonly kind: 'answer'; readonly frame: Uint8Array }
  /** Both sides hold the code and have seen the same; send `finish`. */
  | {
      readonly kind: 'finished';
      readonly finish: Uint8Array;
      readonly initiator: DeviceCard;
      readonly authenticationString: string;
    }
  /** The initiator holds the code and turns us away. */
  | { readonly kind: 'refused'; readonly reason: PairRefusalReason };

/** The joiner's side of one handshake; pure but for its position in it. */
export interface JoinerHandshake {
  /** To send first. It shows nothing of this device, and only a holder of the code can tell what it belongs to. */
  readonly hello: Uint8Array;
  /** @throws {@link PairingProtocolError} `proof-mismatch` for a wrong proof, `protocol-error` for any other frame. */
  receive(frame: Uint8Array): JoinerStep;
}

const challengeOrRefusal = z.discriminatedUnion('type', [challengeSchema, refusalSchema]);
const welcomeOrRefusal = z.discriminatedUnion('type', [welcomeSchema, refusalSchema]);

export const joinerHandshake = (input: JoinerHandshakeInput): JoinerHandshake => {
  const { keys, ends, nonce } = input;
  const card = boundedDeviceCard(input.card);
  const content = { versions: PAIR_VERSIONS, commitment: commitmentTo(nonce) };
  let awaited: 'challenge' | 'welcome' | 'nothing' = 'challenge';
  let start: TranscriptStart | null = null;

  const refused = (frame: z.infer<typeof refusalSchema>): JoinerStep => {
    if (!isSameProof(frame.proof, refusalProof(keys.proofKey, ends, content, frame.reason))) {
      throw new PairingProtocolError('proof-mismatch', 'its refusal does not prove the code');
    }
    return { kind: 'refused', reason: frame.reason };
  };

  const receiveChallenge = (frame: z.infer<typeof challengeSchema>): JoinerStep => {
    if (!content.versions.includes(frame.version)) {
      throw new PairingProtocolError('version-unsupported', 'it chose a version we did not offer');
    }
    const begun: TranscriptStart = { version: frame.version, ends, hello: content, initiatorNonce: frame.nonce };
    if (!isSameProof(frame.proof, initiatorProof(keys, begun))) {
      throw new PairingProtocolError('proof-mismatch', 'its proof of the code is wrong');
    }
    start = begun;
    awaited = 'welcome';
    return {
      kind: 'answer',
      frame: encodeFrame({ type: 'proof', nonce, card, proof: joinerProof(keys, begun, nonce, card) }),
    };
  };

  const receiveWelcome = (frame: z.infer<typeof welcomeSchema>, begun: TranscriptStart): JoinerStep => {
    const full: FullTranscript = { ...begun, joinerNonce: nonce, joinerCard: card, initiatorCard: frame.card };
    if (!isSameProof(frame.proof, welcomeProof(keys, full))) {
      throw new PairingProtocolError('proof-mismatch', 'it has seen something else than we said');
    }
    return {
      kind: 'finished',
      finish: encodeFrame({ type: 'finish', proof: finishProof(keys, full) }),
      initiator: cleanDeviceCard(frame.card),
      authenticationString: authenticationString(keys, begun, nonce),
    };
  };

  return {
    hello: encodeFrame({ type: 'hello', ...content, tag: helloTag(keys.lookupKey, ends, content) }),
    receive: (bytes) => {
      const expected = awaited;
      // A frame that fails ends the handshake: there is no second try on one connection.
      awaited = 'nothing';
      if (expected === 'challenge') {
        const frame = readFrame(bytes, challengeOrRefusal);
        return frame.type === 'refusal' ? refused(frame) : receiveChallenge(frame);
      }
      if (expected === 'welcome' && start !== null) {
        const frame = readFrame(bytes, welcomeOrRefusal);
        return frame.type === 'refusal' ? refused(frame) : receiveWelcome(frame, start);
      }
      throw new PairingProtocolError('protocol-error', 'a frame after the handshake ended');
    },
  };
};
