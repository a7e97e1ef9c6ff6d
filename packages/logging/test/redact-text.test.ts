import { redactText } from '@bowline/logging';
import { describe, expect, test } from 'vitest';

const WORDS = [
  'abandon',
  'ability',
  'able',
  'about',
  'above',
  'absent',
  'zoo',
  'zone',
  'zero',
  'youth',
  'young',
  'wrap',
];
const code = WORDS.join(' ');

describe('a text in a log line', () => {
  test.each([
    ['as they are', code],
    ['in capitals', code.toUpperCase()],
    ['with commas', WORDS.join(', ')],
    ['with hyphens', WORDS.join('-')],
    ['with line breaks', WORDS.join('\r\n')],
    ['with many spaces', WORDS.join('   ')],
    ['as JSON', JSON.stringify(WORDS)],
    ['numbered', WORDS.map((word, index) => `${index + 1}. ${word}`).join(' ')],
    ['as four-letter prefixes', WORDS.map((word) => word.slice(0, 4)).join(' ')],
    ['within a sentence', `cannot join "${code}": checksum wrong`],
    ['with a word of prose among them', code.replace('zero', 'the')],
    ['with more words after them', `${code} please try again`],
    ['twice', `${code} / ${code}`],
  ])('shows no words of a code %s', (_how, text) => {
    const redacted = redactText(text);
    for (const word of ['ability', 'ABILITY', 'abil', 'youth', 'yout', 'abandon', 'wrap'])
      expect(redacted).not.toContain(word);
    expect(redacted).toContain('[redacted]');
  });

  test.each([
    'Channel "echo" ended: the thread ended with code 1. Connect again and repeat what is safe to repeat.',
    'Worker "endpoint" did not stop within 5000 ms and was ended. What it held may not have been given back cleanly.',
    'candidate found',
    'Option "level" must be one of silent, error, warn, info, debug, trace; received "loud".',
    'a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6a7b8c9d0a1b2',
    'https://relay.example:3340/path?region=eu',
    'bowline: nothing to do',
  ])('keeps %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  test.each([
    ['scan bowline:AbC-123_~x?y=1 now', 'scan bowline:[redacted] now'],
    ['BOWLINE:ABC', 'bowline:[redacted]'],
    ['{"t":"bowline:abc"}', '{"t":"bowline:[redacted]"}'],
    ['authorization: Bearer abc.def-ghi=', 'authorization: Bearer [redacted]'],
    ['https://relay.example/?token=abc&region=eu', 'https://relay.example/?token=[redacted]&region=eu'],
    ['https://relay.example/?relay_token=abc', 'https://relay.example/?relay_token=[redacted]'],
    ['https://me:pass@relay.example/', 'https://[redacted]@relay.example/'],
  ])('%s becomes %s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  test('makes characters visible that a terminal or a reader would be deceived by', () => {
    expect(redactText('a\u009b31m\u007f\u202etxt.exe\u2028\u061c')).toBe(
      'a\\u009b31m\\u007f\\u202etxt.exe\\u2028\\u061c',
    );
  });

  test('is bounded, and a code across the bound is not cut out of recognition', () => {
    const redacted = redactText(`${'x'.repeat(2_030)} ${code}`);
    expect(redacted.length).toBeLessThan(2_060);
    expect(redacted).not.toContain('abandon');
    expect(redactText('y'.repeat(10_000_000))).toHaveLength(2_051);
  });

  test('stays fast on long runs of words', () => {
    const text = `${'word '.repeat(800)}toolongaword`;
    const startedMs = performance.now();
    redactText(text);
    // Milliseconds where nothing else runs.
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});
