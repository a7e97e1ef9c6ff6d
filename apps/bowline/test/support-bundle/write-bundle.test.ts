import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeBundle } from '../../src/support/write-bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'bowline-test-'));
const at = (name: string) => join(folder, name);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a support bundle', () => {
  it('is its owner’s alone', () => {
    writeBundle(at('bundle.json'), { format: 'x' });
    expect(JSON.parse(readFileSync(at('bundle.json'), 'utf8'))).toEqual({ format: 'x' });
    if (process.platform !== 'win32') expect(statSync(at('bundle.json')).mode & 0o077).toBe(0);
  });

  it('is written over nothing, and through no link', () => {
    writeFileSync(at('there'), 'kept');
    symlinkSync(at('nothing'), at('link'));
    for (const name of ['there', 'link']) expect(() => writeBundle(at(name), {})).toThrow(/it is there already/);
    expect(readFileSync(at('there'), 'utf8')).toBe('kept');
    expect(existsSync(at('nothing'))).toBe(false);
  });

  it('says in words why it cannot be written', () => {
    expect(() => writeBundle(at('no/folder.json'), {})).toThrow(/its folder is not there/);
    writeFileSync(at('file'), '');
    expect(() => writeBundle(at('file/below.json'), {})).toThrow(/what should be its folder is a file/);
    expect(() => writeBundle('', {})).toThrow(/it has no name/);
    for (const name of [folder, `${folder}/`]) expect(() => writeBundle(name, {})).toThrow(/\(it is a folder\)/);
    symlinkSync('ring', at('ring'));
    expect(() => writeBundle(at('ring'), {})).toThrow(/it is there already/);
    expect(() => writeBundle(at('x'.repeat(300)), {})).toThrow(/its name is too long/);
  });

  it('that is not whole is taken away, so that the name is free for the next try', () => {
    const unwritable = {
      toJSON: () => {
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      },
    };
    expect(() => writeBundle(at('cut.json'), unwritable)).toThrow(/the disk is full/);
    expect(existsSync(at('cut.json'))).toBe(false);
  });
});
