import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { resolveInspectorOptions } from '../src/options.ts';
import { readPageFiles } from '../src/page-files.ts';

const folderOf = (files: readonly string[]): URL => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-page-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of files) writeFileSync(join(folder, file), file);
  return pathToFileURL(`${folder}/`);
};

it('reads the page from where a bundled app keeps it', () => {
  const files = readPageFiles(folderOf(['index.html', 'page.css', 'page.js']));
  expect([...files].map(([path, { body }]) => [path, body.toString()])).toEqual([
    ['/', 'index.html'],
    ['/page.js', 'page.js'],
    ['/page.css', 'page.css'],
  ]);
});

it('says which file of the page is missing', () => {
  expect(() => readPageFiles(folderOf(['index.html']))).toThrow(
    expect.objectContaining({
      code: 'INSPECTOR_PAGE_MISSING',
      data: { file: expect.stringMatching(/page\.(js|css)$/) },
    }),
  );
});

it('takes a folder as a URL of a file alone', () => {
  expect(() => resolveInspectorOptions({ pageFolder: new URL('https://example.org/') })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION' }),
  );
});
