import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { brandAs, type ServiceStreamId } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { keptFailures } from '../src/kept-failures.ts';

const idOf = (count: number) => brandAs<ServiceStreamId>(`stream ${count}`);

/** Fails the way a stream does: by a method of what holds its bytes. */
class Holder {
  readonly bytes = new Uint8Array(1_000);

  fail(): Error {
    return new Error(`after ${this.bytes.length} bytes`);
  }
}

const failed = (): readonly [Error, WeakRef<Holder>] => {
  const holder = new Holder();
  return [holder.fail(), new WeakRef(holder)];
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('kept failures', () => {
  it('are those of the latest streams', () => {
    const failures = keptFailures();
    for (let count = 0; count <= 1_024; count += 1) failures.keep(idOf(count), new Error(String(count)));
    expect(failures.of(idOf(0))).toBeUndefined();
    expect(failures.of(idOf(1))?.message).toBe('1');
    expect(failures.of(idOf(1_024))?.message).toBe('1024');
    failures.clear();
    expect(failures.of(idOf(1_024))).toBeUndefined();
  });

  it('keep nothing of what failed', async () => {
    const failures = keptFailures();
    const [failure, holder] = failed();
    failures.keep(idOf(1), failure);
    // What a weak reference was made of lives to the end of the turn.
    await new Promise(setImmediate);
    collect();
    expect(failures.of(idOf(1))).toBe(failure);
    expect(holder.deref()).toBeUndefined();
  });
});
