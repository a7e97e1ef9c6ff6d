import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { pushPlan } from '../../src/push/push-plan.ts';

const temporaryFolder = (): string => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bowline-push-plan-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

it.skipIf(process.platform !== 'linux')(
  'leaves out of a folder what cannot be pushed, and says why of each (other systems have no names that are no text)',
  async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'kept'), 'kept');
    symlinkSync('kept', join(folder, 'link'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const noText = Buffer.concat([Buffer.from(`${folder}/no`), Buffer.of(0xff), Buffer.from('text')]);
    writeFileSync(noText, 'bytes');
    mkdirSync(Buffer.concat([noText, Buffer.from('-folder')]));
    const { entries, skipped } = await pushPlan([folder]);
    expect(entries.map(({ source }) => source)).toEqual([join(folder, 'kept')]);
    expect([...skipped].sort((one, other) => one.path.localeCompare(other.path))).toEqual(
      [
        { path: join(folder, 'link'), reason: 'link' },
        { path: join(folder, 'no\ufffdtext'), reason: 'path' },
        { path: join(folder, 'no\ufffdtext-folder'), reason: 'path' },
        { path: join(folder, 'pipe'), reason: 'noFile' },
      ].sort((one, other) => one.path.localeCompare(other.path)),
    );
    await expect(pushPlan([join(folder, 'pipe')])).rejects.toMatchObject({
      code: 'PUSH_UNREADABLE',
      message: expect.stringContaining('that it is a file or a folder'),
    });
  },
);
