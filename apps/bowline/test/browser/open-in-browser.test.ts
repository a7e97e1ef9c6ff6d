import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openInBrowser } from '../../src/browser/open-in-browser.ts';

/** A system whose browser cannot be started here. */
const NO_BROWSER = process.platform === 'win32' ? 'darwin' : 'win32';

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'bowline-browser-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

describe('the page that leads to the inspector', () => {
  it('is its owner’s alone, whatever stood there before', () => {
    const dataDir = folder();
    const page = join(dataDir, 'inspector.html');
    writeFileSync(page, 'old', { mode: 0o644 });
    openInBrowser('http://127.0.0.1:1/#secret', dataDir, NO_BROWSER);
    expect(lstatSync(page).mode & 0o777).toBe(0o600);
    expect(readFileSync(page, 'utf8')).toContain('#secret');
  });

  it('is written through no link', () => {
    const dataDir = folder();
    const elsewhere = join(dataDir, 'elsewhere');
    writeFileSync(elsewhere, 'untouched');
    symlinkSync(elsewhere, join(dataDir, 'inspector.html'));
    openInBrowser('http://127.0.0.1:1/#secret', dataDir, NO_BROWSER);
    expect(readFileSync(elsewhere, 'utf8')).toBe('untouched');
  });
});
