import type { TcpDialFailure } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { DialTimedOutError, dialFailureOf } from '../src/dial-failure.ts';
import { TcpPeerUnknownError } from '../src/errors.ts';

const of = (code: string): Error => Object.assign(new Error(code), { code });
const all = (...errors: readonly Error[]): AggregateError => new AggregateError(errors);

describe('how a dial failed', () => {
  it.each<[TcpDialFailure | null, string, Error]>([
    ['refused', 'is that a machine says no', all(of('ECONNREFUSED'))],
    ['noAnswer', 'is that nobody answers', all(new DialTimedOutError('late'))],
    ['noAnswer', 'is that the system has waited long enough', all(of('ETIMEDOUT'))],
    ['noRoute', 'is that no way leads there', all(of('EHOSTUNREACH'), of('ENETUNREACH'))],
    ['other', 'is that somebody else answers', all(new TcpPeerUnknownError())],
    ['other', 'is that somebody takes the connection, and ends it', all(of('ECONNRESET'))],
    ['refused', 'is what says most, of several addresses', all(new DialTimedOutError('late'), of('ECONNREFUSED'))],
    ['noAnswer', 'is that nobody answers, though another address has no way', all(of('ENETUNREACH'), of('ETIMEDOUT'))],
    [null, 'is nothing where there was nowhere to dial', all()],
  ])('%s %s', (failure, _about, error) => {
    expect(dialFailureOf(error)).toBe(failure);
  });
});
