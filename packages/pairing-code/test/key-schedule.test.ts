import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { derivePairingKeys, parseCode } from '../src/index.ts';

interface KeyVector {
  readonly words: string;
  readonly entropy: string;
  readonly keys: Readonly<Record<string, string>>;
}

const vectors = JSON.parse(
  readFileSync(new URL('./vectors/key-schedule.json', import.meta.url), 'utf8'),
) as readonly KeyVector[];

const hexOf = (value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value);

describe('the key schedule', () => {
  it.each(vectors)('derives the recorded keys of "$words"', ({ words, entropy, keys }) => {
    const code = parseCode(words);
    expect(Buffer.from(code.entropy).toString('hex')).toBe(entropy);
    const derived = Object.entries(derivePairingKeys(code.entropy)).map(([name, value]) => [name, hexOf(value)]);
    expect(Object.fromEntries(derived)).toEqual(keys);
  });

  it('derives values that have nothing in common', () => {
    const values = Object.values(derivePairingKeys(new Uint8Array(16))).map((value) => String(hexOf(value)));
    const beginnings = [...values, '00'.repeat(16)].map((value) => value.slice(0, 16));
    expect(new Set(beginnings).size).toBe(beginnings.length);
  });
});
