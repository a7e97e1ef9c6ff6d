import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PARTIAL_FOLDER } from '@bowline/push-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { receivingFolder } from '../../src/push/receiving-folder.ts';

const folder = (): string => {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'bowline-receiving-')));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

describe('the folder of files that are not whole', () => {
  it('is made for this user alone', async () => {
    const dir = folder();
    await receivingFolder(dir, 'peer').begin(0);
    expect(statSync(join(dir, PARTIAL_FOLDER)).mode & 0o777).toBe(0o700);
  });

  it('is not used where others may write to it, who could exchange a file once it was checked', async () => {
    const dir = folder();
    const partials = join(dir, PARTIAL_FOLDER);
    mkdirSync(partials);
    chmodSync(partials, 0o777);
    await expect(receivingFolder(dir, 'peer').begin(0)).rejects.toThrow(`others may write to ${PARTIAL_FOLDER}`);
  });
});
