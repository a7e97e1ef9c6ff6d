import { brandAs, type RelayUrl } from '@bowline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { type RouteRelay, RouteTable } from '../src/route-table.ts';

interface TestRelay extends RouteRelay {
  isUsable: boolean;
}

const relay = (name: string): TestRelay => ({ url: brandAs<RelayUrl>(`https://${name}/`), isUsable: true });
const NO_HINTS = { hinted: [], own: [] };

let table: RouteTable<TestRelay>;
let [a, b, c] = [relay('a'), relay('b'), relay('c')];

beforeEach(() => {
  table = new RouteTable(() => 0, 4);
  [a, b, c] = [relay('a'), relay('b'), relay('c')];
});

describe('a route', () => {
  it('is uncertain for a peer never heard', () => {
    expect(table.certain('peer', 0)).toBeNull();
    expect(table.plausible('peer', 0, { hinted: [b.url], own: [a.url, b.url] })).toEqual([b.url, a.url]);
  });

  it('is where the peer was heard', () => {
    expect(table.heard('peer', a, 0)).toEqual({ from: null, to: a });
    expect(table.certain('peer', 29_000)).toBe(a);
  });

  it('is uncertain when the peer was last heard long ago', () => {
    table.heard('peer', a, 0);
    expect(table.certain('peer', 30_001)).toBeNull();
    expect(table.plausible('peer', 30_001, NO_HINTS)).toEqual([a.url]);
  });

  it('is uncertain while its relay is in doubt, and tries it first all the same', () => {
    table.heard('peer', a, 0);
    a.isUsable = false;
    expect(table.certain('peer', 10)).toBeNull();
    expect(table.plausible('peer', 10, { hinted: [b.url], own: [c.url] })).toEqual([a.url, b.url, c.url]);
    a.isUsable = true;
    expect(table.certain('peer', 20)).toBe(a);
  });

  it('is uncertain when the peer does not answer for a second', () => {
    table.heard('peer', a, 0);
    for (const sentAtMs of [10, 20, 30]) table.sent('peer', sentAtMs);
    expect(table.certain('peer', 1_010)).toBe(a);
    expect(table.certain('peer', 1_011)).toBeNull();
    table.heard('peer', a, 1_012);
    expect(table.certain('peer', 1_013)).toBe(a);
  });

  it('is not doubted for a single frame without an answer', () => {
    table.heard('peer', a, 0);
    table.sent('peer', 10);
    expect(table.certain('peer', 20_000)).toBe(a);
  });

  it('moves at once when the peer is heard elsewhere and the relay is unusable', () => {
    table.heard('peer', a, 0);
    a.isUsable = false;
    expect(table.heard('peer', b, 10)).toEqual({ from: a, to: b });
  });

  it('does not jump while the peer sends over two relays', () => {
    table.heard('peer', a, 0);
    for (let nowMs = 20; nowMs < 2_000; nowMs += 20) {
      expect(table.heard('peer', a, nowMs)).toBeNull();
      expect(table.heard('peer', b, nowMs + 1)).toBeNull();
      expect(table.heard('peer', b, nowMs + 2)).toBeNull();
    }
    expect(table.currentOf('peer')).toBe(a);
  });

  it('follows a peer that has moved after a tenth of a second', () => {
    table.heard('peer', a, 0);
    const moves = [20, 40, 60, 80, 100].map((nowMs) => table.heard('peer', b, nowMs));
    expect(moves).toEqual([null, null, null, null, { from: a, to: b }]);
  });

  it('follows at once after a long silence', () => {
    table.heard('peer', a, 0);
    expect(table.heard('peer', b, 1_000)).toEqual({ from: a, to: b });
  });

  it('takes longer to move by chance, so that two sides do not swap for ever', () => {
    const left = new RouteTable<TestRelay>(() => 0.1);
    const right = new RouteTable<TestRelay>(() => 0.9);
    left.heard('right', a, 0);
    right.heard('left', b, 0);
    for (let nowMs = 20; nowMs < 1_000; nowMs += 20) {
      const [leftRelay, rightRelay] = [left.currentOf('right') ?? a, right.currentOf('left') ?? b];
      right.heard('left', leftRelay, nowMs);
      left.heard('right', rightRelay, nowMs);
    }
    expect(left.currentOf('right')).toBe(right.currentOf('left'));
  });

  it('is given up when its relay says that the peer is gone', () => {
    table.heard('peer', a, 0);
    table.gone('peer', a, 10);
    expect([...table.goneFrom('peer')]).toEqual([[a.url, 10]]);
    expect([...table.goneFrom('nobody')]).toEqual([]);
    expect(table.certain('peer', 11)).toBeNull();
    expect(table.plausible('peer', 11, { hinted: [a.url, b.url], own: [] })).toEqual([b.url]);
    expect(table.plausible('peer', 260, { hinted: [a.url, b.url], own: [] })).toEqual([a.url, b.url]);
  });

  it('remembers the last relays that say so, and when they said it last', () => {
    const others = Array.from({ length: 7 }, (_, at) => relay(`r${at}`));
    table.heard('peer', a, 0);
    table.gone('peer', b, 10);
    table.gone('peer', a, 20);
    for (const other of others) table.gone('peer', other, 30);
    table.gone('peer', a, 40);
    expect(table.goneFrom('peer').get(b.url)).toBeUndefined();
    expect(table.goneFrom('peer').get(a.url)).toBe(40);
    expect(table.goneFrom('peer').size).toBe(8);
  });

  it('stays when another relay says so', () => {
    table.heard('peer', a, 0);
    table.gone('peer', b, 10);
    expect(table.certain('peer', 11)).toBe(a);
  });

  it('is tried even where the peer was gone, if nothing else is left', () => {
    table.sent('peer', 0);
    table.gone('peer', a, 0);
    expect(table.plausible('peer', 1, { hinted: [], own: [a.url] })).toEqual([a.url]);
  });

  it('falls back to relays where the peer was heard before', () => {
    table.heard('peer', a, 0);
    table.heard('peer', b, 2_000);
    table.gone('peer', b, 2_010);
    expect(table.plausible('peer', 2_011, NO_HINTS)).toEqual([a.url]);
  });

  it('ends with its login', () => {
    table.heard('peer', a, 0);
    table.forgetRelay(a);
    expect(table.certain('peer', 1)).toBeNull();
    expect(table.plausible('peer', 1, NO_HINTS)).toEqual([]);
  });
});

describe('the table', () => {
  it('never holds more than its bound, and gives up strangers first', () => {
    table.sent('friend', 0);
    for (let stranger = 0; stranger < 100; stranger += 1) table.heard(`stranger-${stranger}`, a, stranger);
    expect(table.size).toBe(4);
    table.heard('friend', b, 100);
    expect(table.currentOf('friend')).toBe(b);
    expect(table.size).toBe(4);
  });

  it('gives up the oldest when all are in use', () => {
    for (const peer of ['p1', 'p2', 'p3', 'p4', 'p5']) {
      table.heard(peer, a, 0);
      table.sent(peer, 0);
    }
    expect(table.size).toBe(4);
    expect(table.currentOf('p1')).toBeNull();
  });
});
