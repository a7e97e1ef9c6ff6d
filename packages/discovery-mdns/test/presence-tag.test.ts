import { brandAs, type EndpointId, type PresenceKey } from '@bowline/contracts';
import { describe, expect, test } from 'vitest';
import { PRESENCE_HOUR_MS, PresenceTable, presenceHour, presenceTag } from '../src/presence-tag.ts';

const keyOf = (byte: string) => brandAs<PresenceKey>(byte.repeat(32));
const peerOf = (byte: string) => brandAs<EndpointId>(byte.repeat(32));

describe('a presence tag', () => {
  test('is what the protocol says it is', () => {
    // printf 'bowline presence tag 1\0\0\0\0\0\0\0\7' | openssl dgst -sha256 -mac HMAC -macopt hexkey:4242…42
    expect(presenceTag(keyOf('42'), 7)).toBe('b9797f3b13129e52a2f5c02eea62f62b');
  });

  test('is another one for another hour, and for another key', () => {
    const tags = [keyOf('11'), keyOf('22')].flatMap((key) => [1, 2, 3].map((hour) => presenceTag(key, hour)));
    expect(new Set(tags).size).toBe(6);
  });
});

describe('the table of tags', () => {
  const HOUR = 500_000;
  const nowMs = HOUR * PRESENCE_HOUR_MS + 1_234;

  test('knows a peer by its tags of the previous, this and the next hour, and by no other', () => {
    const table = new PresenceTable();
    table.set(peerOf('aa'), keyOf('11'));
    expect(presenceHour(nowMs)).toBe(HOUR);
    for (const [hour, isKnown] of [
      [HOUR - 2, false],
      [HOUR - 1, true],
      [HOUR, true],
      [HOUR + 1, true],
      [HOUR + 2, false],
    ] as const) {
      expect(table.find(presenceTag(keyOf('11'), hour), nowMs)).toBe(isKnown ? peerOf('aa') : undefined);
    }
  });

  test('follows the hour', () => {
    const table = new PresenceTable();
    table.set(peerOf('aa'), keyOf('11'));
    const tag = presenceTag(keyOf('11'), HOUR - 1);
    expect(table.find(tag, nowMs)).toBe(peerOf('aa'));
    expect(table.find(tag, nowMs + PRESENCE_HOUR_MS)).toBeUndefined();
    expect(table.find(presenceTag(keyOf('11'), HOUR + 2), nowMs + PRESENCE_HOUR_MS)).toBe(peerOf('aa'));
  });

  test('forgets a key that was made anew, and a peer that is gone', () => {
    const table = new PresenceTable();
    table.set(peerOf('aa'), keyOf('11'));
    table.find('', nowMs);
    expect(table.set(peerOf('aa'), keyOf('22'))).toBe(true);
    expect(table.set(peerOf('aa'), keyOf('22'))).toBe(false);
    expect(table.find(presenceTag(keyOf('11'), HOUR), nowMs)).toBeUndefined();
    expect(table.find(presenceTag(keyOf('22'), HOUR), nowMs)).toBe(peerOf('aa'));
    table.delete(peerOf('aa'));
    expect(table.find(presenceTag(keyOf('22'), HOUR), nowMs)).toBeUndefined();
  });

  test('costs one look-up for each packet, with ten thousand peers too', () => {
    const table = new PresenceTable();
    for (let index = 0; index < 10_000; index += 1) {
      const hex = index.toString(16).padStart(64, '0');
      table.set(brandAs<EndpointId>(hex), brandAs<PresenceKey>(hex));
    }
    table.find('', nowMs);
    const before = process.cpuUsage();
    for (let index = 0; index < 100_000; index += 1) table.find(index.toString(16).padStart(32, '0'), nowMs);
    const { user } = process.cpuUsage(before);
    // A derivation for every peer would take hours.
    expect(user / 1_000).toBeLessThan(2_000);
  });
});
