import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNewerRecord, soundRecord } from '../src/relay-record.ts';
import { recordOf, relayNamed, relaysNamed } from './records.ts';

describe('soundRecord', () => {
  it('puts the home relay first, drops repeats and keeps eight', () => {
    const names = ['a', 'b', 'a', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
    expect(soundRecord({ ...recordOf(names), homeRelayUrl: relayNamed('c') })?.relayUrls).toEqual(
      relaysNamed('c', 'a', 'b', 'd', 'e', 'f', 'g', 'h'),
    );
    expect(soundRecord({ ...recordOf(names), homeRelayUrl: relayNamed('z') })?.relayUrls[0]).toBe(relayNamed('z'));
    expect(soundRecord(recordOf([...names].slice(1)))?.relayUrls).toHaveLength(8);
  });

  it('stays small whatever it is given', () => {
    const huge = Array.from({ length: 100_000 }, (_, index) => `r${index}`);
    expect(soundRecord(recordOf(huge))?.relayUrls).toHaveLength(8);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses the number %s', (number) => {
    expect(soundRecord(recordOf(['a'], number))).toBeUndefined();
    expect(soundRecord(recordOf(['a'], 1, number))).toBeUndefined();
  });
});

describe('isNewerRecord', () => {
  it('orders records by incarnation, then revision, and never both ways', () => {
    const numbers = fc.record({ revision: fc.nat(3), incarnation: fc.nat(3) });
    fc.assert(
      fc.property(numbers, numbers, (one, other) => {
        const [left, right] = [
          recordOf([], one.revision, one.incarnation),
          recordOf([], other.revision, other.incarnation),
        ];
        const isSame = one.revision === other.revision && one.incarnation === other.incarnation;
        expect([isNewerRecord(left, right), isNewerRecord(right, left)].filter(Boolean)).toHaveLength(isSame ? 0 : 1);
        if (one.incarnation > other.incarnation) expect(isNewerRecord(left, right)).toBe(true);
      }),
    );
  });
});
