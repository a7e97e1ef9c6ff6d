import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { checkDataDirectory, makeDataDirectory } from '../src/data-directory.ts';
import { ownUserId } from '../src/trust/untrusted-part.ts';

it('a data directory of another user is refused, whoever asks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  makeDataDirectory(join(folder, 'a', 'b'));
  checkDataDirectory(join(folder, 'a', 'b'));
  checkDataDirectory(join(folder, 'not there'));
  const own = ownUserId() ?? 0;
  // What root owns is trusted, so only another user than root is refused a folder made by a test that root runs.
  if (own !== 0) expect(() => checkDataDirectory(folder, own + 1)).toThrow(/belongs to user/);
});
