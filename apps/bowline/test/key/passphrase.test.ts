import { PassThrough } from 'node:stream';
import { BowlineError } from '@bowline/contracts';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../src/env.ts';
import { askForPassphrase } from '../../src/key/ask-for-passphrase.ts';
import { onceUnlocked } from '../../src/key/once-unlocked.ts';
import { passphraseSource } from '../../src/key/passphrase-source.ts';
import { requireUnattendedKey } from '../../src/service/unattended-key.ts';

/** A terminal on which is typed what is given, one line for each question. */
const terminal = (...answers: readonly (string | null)[]) => {
  const input = new PassThrough() as unknown as NodeJS.ReadStream;
  const output = new PassThrough();
  let shown = '';
  const waiting = [...answers];
  output.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    shown += text;
    if (!text.endsWith(': ')) return;
    const answer = waiting.shift();
    if (answer === null || answer === undefined) (input as unknown as PassThrough).end();
    else (input as unknown as PassThrough).write(`${answer}\r`);
  });
  return { at: { input, output }, shown: () => shown };
};

describe('a passphrase that is asked for', () => {
  it('is taken without being shown', async () => {
    const { at, shown } = terminal('open sesame');
    expect(await askForPassphrase('Passphrase', { isNew: false }, at)).toBe('open sesame');
    expect(shown()).toBe('Passphrase: \n');
  });

  it('is asked for twice when it is set, and must be the same', async () => {
    const same = terminal('open sesame', 'open sesame');
    expect(await askForPassphrase('Passphrase', { isNew: true }, same.at)).toBe('open sesame');
    const other = terminal('open sesame', 'open sesamy');
    await expect(askForPassphrase('Passphrase', { isNew: true }, other.at)).rejects.toMatchObject({
      code: 'PASSPHRASE_DIFFERS',
    });
    expect(other.shown()).not.toContain('sesam');
  });

  it.each([
    ['nothing', ''],
    ['the end of the input', null],
  ])('is cancelled by %s', async (_what, answer) => {
    const { at } = terminal(answer);
    await expect(askForPassphrase('Passphrase', { isNew: false }, at)).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

it('where nobody sits, the sentence says how else it is given', async () => {
  const source = passphraseSource({ descriptor: undefined, flag: '--passphrase-fd', question: '?' }, false);
  await expect(source({ isNew: false })).rejects.toMatchObject({
    code: 'PASSPHRASE_NEEDED',
    message: expect.stringContaining('--passphrase-fd 3 3< FILE'),
  });
});

describe('what runs unattended', () => {
  const locked = () => Promise.reject(new BowlineError({ code: 'KEYCHAIN_LOCKED', message: 'It is locked.' }));

  it('waits for a keychain that is locked, and says so once', async () => {
    const clock = fakeClock();
    const notes: string[] = [];
    let tries = 0;
    const start = async (): Promise<string> => {
      tries += 1;
      return tries < 4 ? locked() : 'started';
    };
    const started = onceUnlocked(start, {
      clock,
      signal: new AbortController().signal,
      note: (text) => notes.push(text),
    });
    for (let round = 0; round < 3; round += 1) await clock.advance(5_000);
    expect(await started).toBe('started');
    expect(notes).toEqual(['It is locked. Waiting for it.']);
  });

  it('ends when it is told to, and does not wait for anything else', async () => {
    const clock = fakeClock();
    const asked = new AbortController();
    const waiting = onceUnlocked(locked, { clock, signal: asked.signal, note: () => undefined });
    const ended = expect(waiting).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
    await clock.advance(0);
    asked.abort();
    await ended;
    const other = () => Promise.reject(new Error('another'));
    await expect(
      onceUnlocked(other, { clock, signal: new AbortController().signal, note: () => undefined }),
    ).rejects.toThrow('another');
  });

  it('has its key where it opens without a login', () => {
    const refusal = expect.objectContaining({ code: 'KEY_NEEDS_LOGIN' });
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      expect(() => requireUnattendedKey('file', platform)).not.toThrow();
      expect(() => requireUnattendedKey('passphrase', platform)).toThrow(refusal);
      expect(() => requireUnattendedKey('app', platform)).toThrow(refusal);
    }
    expect(() => requireUnattendedKey('keychain', 'linux')).toThrow(refusal);
    // Services start with the login there, which opens the keychain.
    for (const platform of ['darwin', 'win32'] as const)
      expect(() => requireUnattendedKey('keychain', platform)).not.toThrow();
  });
});

it('the environment names a way that there is, or is refused', () => {
  expect(readEnvironment({ HOME: '/h', BOWLINE_KEY: 'file' }).keyKind).toBe('file');
  expect(readEnvironment({ HOME: '/h', BOWLINE_KEY: '' }).keyKind).toBeUndefined();
  expect(() => readEnvironment({ HOME: '/h', BOWLINE_KEY: 'safe' })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION' }),
  );
});
