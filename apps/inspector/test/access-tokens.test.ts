import { fakeClock, seededRandom } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AccessTokens, accessTokens, ONE_TIME_TTL_MS, SESSION_IDLE_MS } from '../src/access-tokens.ts';

describe('tokens of the inspector', () => {
  const clock = fakeClock();
  let tokens: AccessTokens;

  beforeEach(() => {
    tokens = accessTokens({ clock, random: seededRandom(1) });
  });

  const open = (): string => tokens.exchange(tokens.issue()) ?? expect.fail('the link was refused');

  it('opens one session for one link', async () => {
    const link = tokens.issue();
    const session = tokens.exchange(link);
    expect(session).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(tokens.isSession(session ?? '')).toBe(true);
    expect(tokens.exchange(link)).toBeNull();
  });

  it('takes no link for a session, and no session for a link', async () => {
    const link = tokens.issue();
    expect(tokens.isSession(link)).toBe(false);
    expect(tokens.exchange(open())).toBeNull();
    expect(tokens.exchange('')).toBeNull();
  });

  it('forgets a link after a minute', async () => {
    const link = tokens.issue();
    await clock.advance(ONE_TIME_TTL_MS + 1);
    expect(tokens.exchange(link)).toBeNull();
  });

  it('keeps a session as long as it is heard of', async () => {
    const session = open();
    for (let hour = 0; hour < 3; hour += 1) {
      await clock.advance(SESSION_IDLE_MS - 1);
      expect(tokens.isSession(session)).toBe(true);
    }
    await clock.advance(SESSION_IDLE_MS + 1);
    expect(tokens.isSession(session)).toBe(false);
  });

  it('keeps a session as long as its page is open, and for its time after that', async () => {
    const session = open();
    const release = tokens.hold(session);
    for (let n = 0; n < 32; n += 1) open();
    await clock.advance(3 * SESSION_IDLE_MS);
    expect(tokens.isSession(session)).toBe(true);
    await clock.advance(3 * SESSION_IDLE_MS);
    release();
    release();
    await clock.advance(SESSION_IDLE_MS - 1);
    expect(tokens.isSession(session)).toBe(true);
    await clock.advance(SESSION_IDLE_MS + 1);
    expect(tokens.isSession(session)).toBe(false);
  });

  it('does not grow: the oldest links and sessions go first', async () => {
    const first = open();
    const links = Array.from({ length: 40 }, () => tokens.issue());
    expect(tokens.exchange(links[0] ?? '')).toBeNull();
    expect(tokens.exchange(links[39] ?? '')).not.toBeNull();
    for (let n = 0; n < 32; n += 1) open();
    expect(tokens.isSession(first)).toBe(false);
  });
});
