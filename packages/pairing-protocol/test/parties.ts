import { endpointIdOf } from '@bowline/contracts';
import { derivePairingKeys } from '@bowline/pairing-code';
import {
  type InitiatorHandshake,
  type InitiatorStep,
  initiatorHandshake,
  type JoinerHandshake,
  type JoinerStep,
  joinerHandshake,
  type PairEnds,
  readHello,
} from '../src/index.ts';

const filled = (value: number): Uint8Array => new Uint8Array(32).fill(value);

export const keysOf = (seed: number) => derivePairingKeys(new Uint8Array(16).fill(seed));
export const idOf = (seed: number) => endpointIdOf(filled(seed));

export const KEYS = keysOf(9);
export const ENDS: PairEnds = { initiator: idOf(1), joiner: idOf(2) };
export const INITIATOR_CARD = { name: 'nas', platform: 'linux' };
export const JOINER_CARD = { name: 'laptop', platform: 'darwin' };

export const joiner = (ends: PairEnds = ENDS, keys = KEYS, nonce = filled(4)): JoinerHandshake =>
  joinerHandshake({ keys, ends, card: JOINER_CARD, nonce });

export const initiator = (
  hello: Uint8Array,
  ends: PairEnds = ENDS,
  keys = KEYS,
  nonce = filled(3),
): InitiatorHandshake => initiatorHandshake({ keys, ends, hello: readHello(hello), card: INITIATOR_CARD, nonce });

export const answered = (step: JoinerStep): Uint8Array => {
  if (step.kind !== 'answer') throw new Error(`not an answer: ${step.kind}`);
  return step.frame;
};

export const proven = (step: InitiatorStep): Extract<InitiatorStep, { kind: 'proven' }> => {
  if (step.kind !== 'proven') throw new Error(`not proven: ${step.kind}`);
  return step;
};

export const finished = (step: JoinerStep): Extract<JoinerStep, { kind: 'finished' }> => {
  if (step.kind !== 'finished') throw new Error(`not finished: ${step.kind}`);
  return step;
};
