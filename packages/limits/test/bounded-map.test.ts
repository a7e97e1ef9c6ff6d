import { describe, expect, it } from 'vitest';
import { BoundedMap } from '../src/bounded-map.ts';

describe('a bounded map', () => {
  it('forgets what was set longest ago, and tells', () => {
    const gone: unknown[] = [];
    const map = new BoundedMap<string, number>(2, (key, value) => gone.push([key, value]));
    map.set('a', 1).set('b', 2).set('c', 3);
    expect([...map]).toEqual([
      ['b', 2],
      ['c', 3],
    ]);
    expect(gone).toEqual([['a', 1]]);
  });

  it('makes what is set again the newest, and what is read not', () => {
    const map = new BoundedMap<string, number>(2);
    map.set('a', 1).set('b', 2).set('a', 3);
    map.get('b');
    map.set('c', 4);
    expect([...map.keys()]).toEqual(['a', 'c']);
  });

  it('says nothing of what was deleted', () => {
    const gone: unknown[] = [];
    const map = new BoundedMap<string, number>(1, (key) => gone.push(key));
    map.set('a', 1);
    map.delete('a');
    map.set('b', 1);
    expect(gone).toEqual([]);
  });
});
