import { brandAs, type DeviceId } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { deviceTurns } from '../src/device-turns.ts';

const NAS = brandAs<DeviceId>('d-nas');
const PHONE = brandAs<DeviceId>('d-phone');

describe('the turns of a device', () => {
  it('are taken one after the other, in the order they were asked for', async () => {
    const turns = deviceTurns();
    const gate = Promise.withResolvers<void>();
    const done: string[] = [];
    void turns.take(NAS, async () => {
      await gate.promise;
      done.push('adopted');
    });
    const removed = turns.take(NAS, async () => {
      done.push('removed');
    });
    await settle();
    expect(done).toEqual([]);
    gate.resolve();
    await removed;
    expect(done).toEqual(['adopted', 'removed']);
  });

  it('hold up no other device', async () => {
    const turns = deviceTurns();
    void turns.take(NAS, () => new Promise(() => undefined));
    await expect(turns.take(PHONE, async () => undefined)).resolves.toBeUndefined();
  });

  it('go on after one that failed, which rejects for whoever asked for it', async () => {
    const turns = deviceTurns();
    const failed = turns.take(NAS, () => Promise.reject(new Error('the endpoint was down')));
    const next = turns.take(NAS, async () => undefined);
    await expect(failed).rejects.toThrow('the endpoint was down');
    await expect(next).resolves.toBeUndefined();
  });

  it('begin at once when nothing is under way', () => {
    const turns = deviceTurns();
    let hasBegun = false;
    void turns.take(NAS, async () => {
      hasBegun = true;
    });
    expect(hasBegun).toBe(true);
  });
});
