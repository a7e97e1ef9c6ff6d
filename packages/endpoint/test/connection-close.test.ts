import { CLOSE_CODES } from '@bowline/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanReason, closeHere, parseCloseReason } from '../src/connection-close.ts';

test.each([
  ['timed out', { by: 'timeout', code: null, name: null, reason: 'timed out' }],
  ['closed', { by: 'here', code: null, name: null, reason: '' }],
  ['closed by peer: 0', { by: 'peer', code: 0, name: null, reason: '' }],
  ['closed by peer: 3', { by: 'peer', code: 3, name: 'not-paired', reason: '' }],
  ['closed by peer: bye (code 1)', { by: 'peer', code: 1, name: 'done', reason: 'bye' }],
  ['closed by peer: 42 (code 7) (code 5)', { by: 'peer', code: 5, name: 'proof-mismatch', reason: '42 (code 7)' }],
  ['closed by peer: two\nlines (code 900)', { by: 'peer', code: 900, name: null, reason: 'two lines' }],
  ['reset by peer', { by: 'lost', code: null, name: null, reason: 'reset by peer' }],
  ['aborted by peer: odd', { by: 'lost', code: null, name: null, reason: 'aborted by peer: odd' }],
])('reads %j', (text, close) => {
  expect(parseCloseReason(text)).toEqual(close);
});

test('the other side cannot choose its code by its reason', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (reason) => {
      expect(parseCloseReason(`closed by peer: ${reason} (code 13)`)).toMatchObject({ by: 'peer', code: 13 });
    }),
  );
});

test('a reason is cleaned of what could mislead a reader, and cut', () => {
  expect(cleanReason('a\u0000b\u202ec\u001b[31m')).toBe('a b c [31m');
  expect(cleanReason('😀'.repeat(300))).toBe('😀'.repeat(200));
});

test('an end made here carries its code', () => {
  expect(closeHere('busy', 'full')).toEqual({ by: 'here', code: CLOSE_CODES.busy, name: 'busy', reason: 'full' });
});
