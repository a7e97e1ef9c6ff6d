import { decodeFrame, encodeFrame } from '@bowline/wire-format';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  initiatorHandshake,
  isHelloFor,
  joinerHandshake,
  PAIR_MAX_FRAME_BYTES,
  PairingProtocolError,
  REFUSAL_REASONS,
  readHello,
  refusalFrame,
} from '../src/index.ts';
import {
  answered,
  ENDS,
  finished,
  INITIATOR_CARD,
  idOf,
  initiator,
  JOINER_CARD,
  joiner,
  KEYS,
  keysOf,
  proven,
} from './parties.ts';

const mismatch = expect.objectContaining({ code: 'PAIRING_PROOF_MISMATCH', closeName: 'proof-mismatch' });
const broken = expect.objectContaining({ code: 'PAIRING_PROTOCOL_BROKEN', closeName: 'protocol-error' });

/** Reads a frame of ours without asking what it should be. */
const open = (frame: Uint8Array): Record<string, unknown> =>
  decodeFrame(frame, z.record(z.string(), z.unknown()), { maxBytes: PAIR_MAX_FRAME_BYTES });
const reveals = (frame: Uint8Array, text: string): boolean => Buffer.from(frame).includes(text);

describe('the handshake', () => {
  it('ends with the same authentication string and the other’s card on both sides', () => {
    const j = joiner();
    const i = initiator(j.hello);
    const step = proven(i.receive(answered(j.receive(i.challenge))));
    const end = finished(j.receive(step.welcome));
    expect(i.receive(end.finish)).toEqual({ kind: 'finished' });
    expect(end.authenticationString).toBe(step.authenticationString);
    expect(end.authenticationString).toMatch(/^[0-9]{6}$/);
    expect([step.joiner, end.initiator]).toEqual([JOINER_CARD, INITIATOR_CARD]);
  });

  it('shows no card before the other side has proven the code', () => {
    const j = joiner();
    const i = initiator(j.hello);
    const { name: joinerName } = JOINER_CARD;
    const { name: initiatorName } = INITIATOR_CARD;
    expect([j.hello, i.challenge].some((frame) => reveals(frame, joinerName) || reveals(frame, initiatorName))).toBe(
      false,
    );
    expect(Object.keys(open(j.hello))).toEqual(['tag', 'type', 'versions', 'commitment']);
    expect(Object.keys(open(i.challenge))).toEqual(['type', 'nonce', 'proof', 'version']);
  });

  it('shows nothing that is the same for two connections with one code', () => {
    const first = open(joiner().hello);
    const second = open(joiner({ ...ENDS, joiner: idOf(7) }, KEYS, new Uint8Array(32).fill(9)).hello);
    expect(first.tag).not.toEqual(second.tag);
    expect(first.commitment).not.toEqual(second.commitment);
  });

  it('finds the code a hello was made with, for this connection alone', () => {
    const hello = readHello(joiner().hello);
    expect(isHelloFor(KEYS.lookupKey, ENDS, hello)).toBe(true);
    expect(isHelloFor(keysOf(8).lookupKey, ENDS, hello)).toBe(false);
    expect(isHelloFor(KEYS.lookupKey, { ...ENDS, joiner: idOf(5) }, hello)).toBe(false);
    expect(isHelloFor(KEYS.lookupKey, { ...ENDS, initiator: idOf(5) }, hello)).toBe(false);
    expect(isHelloFor(KEYS.lookupKey, { initiator: ENDS.joiner, joiner: ENDS.initiator }, hello)).toBe(false);
  });

  it('cleans names that would disturb a screen', () => {
    const j = joinerHandshake({ keys: KEYS, ends: ENDS, card: JOINER_CARD, nonce: new Uint8Array(32) });
    const i = initiator(j.hello);
    const proof = open(answered(j.receive(i.challenge)));
    expect(proof.card).toEqual(JOINER_CARD);
    const odd = joinerHandshake({
      keys: KEYS,
      ends: ENDS,
      card: { name: '\u202e', platform: 'X\u0007' },
      nonce: new Uint8Array(32),
    });
    const i2 = initiator(odd.hello);
    expect(proven(i2.receive(answered(odd.receive(i2.challenge)))).joiner).toEqual({
      name: 'unnamed device',
      platform: 'unknown',
    });
  });
});

describe('somebody without the code', () => {
  it('as initiator is found out before the joiner shows its card', () => {
    const j = joiner();
    const rogue = initiator(j.hello, ENDS, keysOf(8));
    expect(() => j.receive(rogue.challenge)).toThrow(mismatch);
    expect(() => j.receive(initiator(j.hello).challenge)).toThrow(broken);
  });

  it('as joiner is found out before the initiator shows its card', () => {
    const i = initiator(joiner().hello);
    const rogue = joiner(ENDS, keysOf(8));
    const forged = encodeFrame({
      type: 'proof',
      nonce: new Uint8Array(32).fill(4),
      card: JOINER_CARD,
      proof: new Uint8Array(32),
    });
    expect(() => rogue.receive(i.challenge)).toThrow(mismatch);
    expect(() => i.receive(forged)).toThrow(mismatch);
  });

  it('between two devices makes both refuse, because each sees another endpoint id', () => {
    const middle = idOf(6);
    const j = joiner({ initiator: middle, joiner: ENDS.joiner });
    const ends = { initiator: ENDS.initiator, joiner: middle };
    expect(isHelloFor(KEYS.lookupKey, ends, readHello(j.hello))).toBe(false);
    expect(() => j.receive(initiator(j.hello, ends).challenge)).toThrow(mismatch);
  });

  it('cannot reflect a side’s own frames back to it', () => {
    const j = joiner();
    expect(() => j.receive(j.hello)).toThrow(broken);
    const i = initiator(joiner().hello);
    expect(() => i.receive(i.challenge)).toThrow(broken);
  });

  it('cannot replay a proof in another handshake', () => {
    const j = joiner();
    const i = initiator(j.hello);
    const proof = answered(j.receive(i.challenge));
    const later = initiator(j.hello, ENDS, KEYS, new Uint8Array(32).fill(77));
    expect(() => later.receive(proof)).toThrow(mismatch);
  });

  it('cannot turn a joiner away in the initiator’s name', () => {
    const j = joiner();
    expect(() => j.receive(refusalFrame(keysOf(8).proofKey, ENDS, readHello(j.hello), 'code-used'))).toThrow(mismatch);
  });
});

describe('a proof', () => {
  it('does not count when the nonce is not the one committed to', () => {
    const j = joiner();
    const i = initiator(j.hello);
    const cheat = joinerHandshake({ keys: KEYS, ends: ENDS, card: JOINER_CARD, nonce: new Uint8Array(32).fill(5) });
    expect(() => i.receive(answered(cheat.receive(initiator(cheat.hello).challenge)))).toThrow(mismatch);
  });

  it('does not count when the card was changed on the way', () => {
    const j = joiner();
    const i = initiator(j.hello);
    const proof = open(answered(j.receive(i.challenge)));
    expect(() => i.receive(encodeFrame({ ...proof, card: { ...JOINER_CARD, name: 'other' } }))).toThrow(mismatch);
  });

  it('gets one try on one connection', () => {
    const j = joiner();
    const i = initiator(j.hello);
    const good = answered(j.receive(i.challenge));
    expect(() => i.receive(encodeFrame({ ...open(good), proof: new Uint8Array(32) }))).toThrow(mismatch);
    expect(() => i.receive(good)).toThrow(broken);
  });

  it('of the end does not count when the initiator’s card was changed on the way', () => {
    const j = joiner();
    const i = initiator(j.hello);
    const { welcome } = proven(i.receive(answered(j.receive(i.challenge))));
    expect(() => j.receive(encodeFrame({ ...open(welcome), card: { ...INITIATOR_CARD, name: 'other' } }))).toThrow(
      mismatch,
    );
  });
});

describe('the authentication string', () => {
  const stringWith = (seed: number): string => {
    const nonce = new Uint8Array(32).fill(seed);
    const j = joiner(ENDS, KEYS, nonce);
    const i = initiator(j.hello);
    return proven(i.receive(answered(j.receive(i.challenge)))).authenticationString;
  };

  it('differs from handshake to handshake', () => {
    expect(new Set(Array.from({ length: 50 }, (_, seed) => stringWith(seed))).size).toBeGreaterThan(48);
  });

  it('differs on the two sides of somebody who has the code and sits between', () => {
    const middle = idOf(6);
    const towardsJoiner = { initiator: middle, joiner: ENDS.joiner };
    const towardsInitiator = { initiator: ENDS.initiator, joiner: middle };
    const j = joiner(towardsJoiner);
    const m1 = initiator(j.hello, towardsJoiner);
    const m2 = joiner(towardsInitiator);
    const i = initiator(m2.hello, towardsInitiator);
    const shownByJoiner = finished(
      j.receive(proven(m1.receive(answered(j.receive(m1.challenge)))).welcome),
    ).authenticationString;
    const shownByInitiator = proven(i.receive(answered(m2.receive(i.challenge)))).authenticationString;
    expect(shownByJoiner).not.toBe(shownByInitiator);
  });

  it('does not change with a card, which could be tried until it fits', () => {
    const withCard = (name: string): string => {
      const j = joinerHandshake({ keys: KEYS, ends: ENDS, card: { ...JOINER_CARD, name }, nonce: new Uint8Array(32) });
      const i = initiatorHandshake({
        keys: KEYS,
        ends: ENDS,
        hello: readHello(j.hello),
        card: { ...INITIATOR_CARD, name },
        nonce: new Uint8Array(32),
      });
      return proven(i.receive(answered(j.receive(i.challenge)))).authenticationString;
    };
    expect(withCard('one')).toBe(withCard('two'));
  });
});

describe('a refusal', () => {
  it.each(REFUSAL_REASONS)('%s is believed when it proves the code, in place of challenge or welcome', (reason) => {
    const early = joiner();
    expect(early.receive(refusalFrame(KEYS.proofKey, ENDS, readHello(early.hello), reason))).toEqual({
      kind: 'refused',
      reason,
    });
    const late = joiner();
    const i = initiator(late.hello);
    i.receive(answered(late.receive(i.challenge)));
    expect(late.receive(refusalFrame(KEYS.proofKey, ENDS, readHello(late.hello), reason))).toEqual({
      kind: 'refused',
      reason,
    });
  });

  it('does not count for another connection, another hello or another reason', () => {
    const hello = readHello(joiner().hello);
    const other = readHello(joiner(ENDS, KEYS, new Uint8Array(32).fill(8)).hello);
    const refusal = open(refusalFrame(KEYS.proofKey, ENDS, hello, 'code-used'));
    const frames = [
      refusalFrame(KEYS.proofKey, { ...ENDS, initiator: idOf(6) }, hello, 'code-used'),
      refusalFrame(KEYS.proofKey, ENDS, other, 'code-used'),
      encodeFrame({ ...refusal, reason: 'completed' }),
    ];
    for (const frame of frames) expect(() => joiner().receive(frame)).toThrow(mismatch);
  });
});

describe('versions', () => {
  const helloWith = (versions: readonly number[]): Uint8Array => encodeFrame({ ...open(joiner().hello), versions });

  it('are agreed on: the highest in common', () => {
    expect(readHello(helloWith([2, 1])).version).toBe(1);
  });

  it('without one in common are refused as such', () => {
    expect(() => readHello(helloWith([2, 3]))).toThrow(expect.objectContaining({ closeName: 'version-unsupported' }));
  });

  it('the joiner did not offer are refused', () => {
    const j = joiner();
    const challenge = encodeFrame({ ...open(initiator(j.hello).challenge), version: 2 });
    expect(() => j.receive(challenge)).toThrow(expect.objectContaining({ closeName: 'version-unsupported' }));
  });

  it('changed on the way make the hello worthless', () => {
    expect(isHelloFor(KEYS.lookupKey, ENDS, readHello(helloWith([1, 2])))).toBe(false);
  });
});

describe('any frame in any state', () => {
  const honest = (): readonly Uint8Array[] => {
    const j = joiner();
    const i = initiator(j.hello);
    const proof = answered(j.receive(i.challenge));
    const { welcome } = proven(i.receive(proof));
    return [j.hello, i.challenge, proof, welcome, finished(j.receive(welcome)).finish];
  };
  const samples = honest();
  const frames = fc.oneof(
    fc.constantFrom(...samples),
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(fc.constantFrom(...samples), fc.nat(), fc.integer({ min: 1, max: 255 })).map(([frame, at, flip]) => {
      const copy = Uint8Array.from(frame);
      copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ flip;
      return copy;
    }),
    fc.tuple(fc.constantFrom(...samples), fc.nat()).map(([frame, end]) => frame.slice(0, end % frame.length)),
  );

  it('gives a step or a PairingProtocolError, and a changed frame never finishes a handshake', () => {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 4 }), fc.nat(2), (sent, honestSteps) => {
        const nonce = new Uint8Array(32).fill(101);
        const j = joiner(ENDS, KEYS, nonce);
        const i = initiator(j.hello, ENDS, KEYS, nonce);
        if (honestSteps > 0) {
          const proof = answered(j.receive(i.challenge));
          if (honestSteps > 1) i.receive(proof);
        }
        for (const frame of sent) {
          for (const side of [i, j]) {
            try {
              const { kind } = side.receive(frame);
              expect(['finished', 'proven', 'refused']).not.toContain(kind);
            } catch (error) {
              if (!(error instanceof PairingProtocolError)) throw error;
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('larger than allowed is refused unread', () => {
    expect(() => readHello(new Uint8Array(PAIR_MAX_FRAME_BYTES + 1))).toThrow(broken);
  });
});
