import { seededRandom } from '@bowline/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeyRecord, keyRecordText, MAX_KEY_FILE_BYTES, parseKeyRecord } from '../../src/key/key-record.ts';
import { rowChecksum } from '../../src/row-checksum.ts';

const random = seededRandom(1);
const passphrase = {
  kind: 'passphrase',
  salt: random.bytes(16),
  memoryKib: 65_536,
  passes: 3,
  lanes: 4,
  sealed: random.bytes(61),
} as const;
const RECORDS: readonly KeyRecord[] = [
  { kind: 'file', key: random.bytes(32) },
  { kind: 'keychain', entry: 'ab'.repeat(16) },
  passphrase,
  { kind: 'app', sealed: random.bytes(61) },
];

const withJson = (json: string): string =>
  `bowline store key 2: ${Buffer.from(rowChecksum(json)).toString('hex')} ${json}\n`;

describe('what a key file says', () => {
  it.each(RECORDS)('is read as it was written: $kind', (record) => {
    const text = keyRecordText(record);
    expect(text.length).toBeLessThan(MAX_KEY_FILE_BYTES);
    expect(parseKeyRecord(text)).toEqual(record);
    expect(parseKeyRecord(`${text.trim()}\r\n\n`)).toEqual(record);
  });

  it('tells a single altered character, but where it is the key itself', () => {
    for (const record of RECORDS.filter(({ kind }) => kind !== 'file')) {
      const text = keyRecordText(record).trim();
      for (let at = 0; at < text.length; at += 1) {
        const altered = `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`;
        expect(parseKeyRecord(altered)).toBeUndefined();
      }
    }
  });

  it('asks for no memory or time beyond the bounds, and for no other kind', () => {
    const json = (fields: object): string =>
      JSON.stringify({
        ...passphrase,
        salt: Buffer.from(passphrase.salt).toString('hex'),
        sealed: Buffer.from(passphrase.sealed).toString('hex'),
        ...fields,
      });
    expect(parseKeyRecord(withJson(json({})))).toEqual(passphrase);
    for (const fields of [
      { memoryKib: 262_145 },
      { memoryKib: 8_191 },
      { memoryKib: 1e300 },
      { passes: 0 },
      { passes: 17 },
      { lanes: 17 },
      { lanes: 1.5 },
      { salt: 'ab' },
      { sealed: '' },
      { extra: 1 },
      { kind: 'file' },
    ]) {
      expect([fields, parseKeyRecord(withJson(json(fields)))]).toEqual([fields, undefined]);
    }
  });

  it('is nothing for anything else, and never throws', () => {
    for (const text of ['', 'bowline store key 2: ', withJson('{'), withJson('{}'), withJson('{"kind":"keychain"}')]) {
      expect(() => parseKeyRecord(text)).not.toThrow(RangeError);
    }
    fc.assert(fc.property(fc.string(), (text) => parseKeyRecord(text) === undefined));
    fc.assert(fc.property(fc.json(), (json) => parseKeyRecord(withJson(json)) === undefined));
  });
});
