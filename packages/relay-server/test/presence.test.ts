import { describe, expect, it } from 'vitest';
import { Presence } from '../src/presence.ts';

const presence = (name: string): Presence => new Presence(name, new Uint8Array(32));

describe('a presence', () => {
  it('remembers whom it met, on both sides', () => {
    const [a, b, c] = [presence('a'), presence('b'), presence('c')];
    a.meet(b);
    b.meet(a);
    c.meet(a);
    expect([...a.peers]).toEqual([b, c]);
    expect([...b.peers]).toEqual([a]);
  });

  it('is held by no peer after it left', () => {
    const [a, b] = [presence('a'), presence('b')];
    a.meet(b);
    a.forgetPeers();
    expect([...a.peers, ...b.peers]).toEqual([]);
  });

  it('does not meet itself', () => {
    const a = presence('a');
    a.meet(a);
    expect([...a.peers]).toEqual([]);
  });

  it('remembers a bounded number of peers', () => {
    const busy = presence('busy');
    const late = presence('late');
    for (let count = 0; count < 5_000; count += 1) busy.meet(presence(String(count)));
    busy.meet(late);
    expect([...busy.peers]).toHaveLength(4_096);
    expect([...late.peers]).toEqual([]);
  });
});
