import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { releaseOf } from '../src/index.ts';

it('is a release where the package is, and unknown where an app or nothing stands beside it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-version-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'package.json');
  const read = (text: string) => {
    writeFileSync(file, text);
    return releaseOf(() => pathToFileURL(file), ['@bowline/host']);
  };
  expect(read('{"name":"@bowline/host","version":"1.2.3"}')).toBe('1.2.3');
  for (const other of [
    '{"name":"app","version":"9.9.9"}',
    '{"type":"module"}',
    '{"name":"@bowline/host"}',
    '',
    '[]',
    'null',
  ]) {
    expect(read(other)).toBe('unknown');
  }
  const nowhere = (): URL => new URL('package.json', undefined as never);
  expect(releaseOf(nowhere, ['@bowline/host'])).toBe('unknown');
});
