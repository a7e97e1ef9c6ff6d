import { fakeClock, settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { bindOnceFree } from '../src/bind-once-free.ts';

const inUse = new Error('Address already in use (os error 98)');

describe('a port held by an attempt that failed', () => {
  it('is bound once it is free', async () => {
    const clock = fakeClock();
    let attempts = 0;
    const bound = bindOnceFree(async () => {
      attempts += 1;
      if (attempts <= 10) throw inUse;
      return 'bound';
    }, clock);
    await clock.advance(1_000);
    expect(await bound).toBe('bound');
    expect(attempts).toBe(11);
  });

  it('is given up where somebody else has it', async () => {
    const clock = fakeClock();
    const bound = bindOnceFree(() => Promise.reject(inUse), clock);
    bound.catch(() => undefined);
    await clock.advance(2_100);
    await expect(bound).rejects.toBe(inUse);
  });

  it('is not tried again for any other reason', async () => {
    const failure = new Error('Cannot assign requested address (os error 99)');
    const bound = bindOnceFree(() => Promise.reject(failure), fakeClock());
    await settle();
    await expect(bound).rejects.toBe(failure);
  });
});
