import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import type { Announcement } from '../src/announcement.ts';
import { lingering } from '../src/lingering.ts';

const announcementOf = (name: string, said: string[], rendezvousPort: number | null = null): Announcement => ({
  rendezvousPort,
  openRendezvous: async () => undefined,
  refresh: () => said.push(`${name} refreshed`),
  forget: () => said.push(`${name} forgotten`),
  closeRendezvous: async () => {
    said.push(`${name} not at its rendezvous`);
  },
  withdraw: async () => {
    said.push(`${name} withdrawn`);
  },
});

const arrange = () => {
  const clock = fakeClock();
  const said: string[] = [];
  const kept = lingering(clock, { maxLingering: 2, maxLingeringRendezvous: 1 });
  const take = (name: string, rendezvousMs = 0, port: number | null = null) =>
    kept.take(announcementOf(name, said, port), { mdnsMs: 30_000, rendezvousMs });
  return { clock, said, kept, take };
};

describe('codes that ended', () => {
  it('give their port away, and stay on the local network', async () => {
    const { said, take, kept } = arrange();
    await take('one', 10_000, 4_000);
    await kept.freePort(4_001);
    expect(said).toEqual([]);
    await kept.freePort(4_000);
    await kept.freePort(4_000);
    expect(said).toEqual(['one not at its rendezvous']);
  });

  it('are withdrawn when their time is over', async () => {
    const { clock, said, take } = arrange();
    await take('one', 10_000);
    expect(said).toEqual([]);
    await clock.advance(10_000);
    expect(said).toEqual(['one not at its rendezvous']);
    await clock.advance(20_000);
    expect(said.at(-1)).toBe('one withdrawn');
  });

  it('give way to newer ones, so that a new code can always be announced', async () => {
    const { said, take } = arrange();
    for (const name of ['one', 'two', 'three']) await take(name);
    expect(said.filter((each) => each.endsWith('withdrawn'))).toEqual(['one withdrawn']);
  });

  it('keep a rendezvous endpoint for the newest alone', async () => {
    const { said, take } = arrange();
    await take('one', 10_000);
    await take('two', 10_000);
    expect(said).toEqual(['one not at its rendezvous']);
  });

  it('end at once when the source ends', async () => {
    const { said, kept, take } = arrange();
    await take('one');
    await take('two');
    await kept.stop();
    expect(said.slice(-2)).toEqual(['one withdrawn', 'two withdrawn']);
  });
});
