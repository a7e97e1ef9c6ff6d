import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkDataDirectory, checkDataDirectoryOwner, makeDataDirectory } from '../src/data-directory.ts';
import { ownUserId } from '../src/trust/untrusted-part.ts';

const folder = mkdtempSync(join(tmpdir(), 'bowline-test-'));
const own = ownUserId() ?? 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a data directory', () => {
  it('may be there, or be made', () => {
    makeDataDirectory(join(folder, 'a', 'b'));
    checkDataDirectory(join(folder, 'a', 'b'));
    checkDataDirectory(join(folder, 'not there'));
    symlinkSync(join(folder, 'a'), join(folder, 'link'));
    checkDataDirectory(join(folder, 'link', 'c'));
  });

  it('of another user is refused, whoever asks', () => {
    // What root owns is trusted, and only root gives folders away.
    if (own !== 0) return expect(() => checkDataDirectoryOwner(folder, own + 1)).toThrow(/belongs to user/);
    const theirs = join(folder, 'theirs');
    mkdirSync(theirs);
    chownSync(theirs, 4_711, 4_711);
    expect(() => checkDataDirectoryOwner(theirs)).toThrow(
      /belongs to user 4711, and this is user 0\. Run the command as/,
    );
  });

  it('that cannot be made is refused before anything is tried, with what to do', () => {
    writeFileSync(join(folder, 'file'), '');
    symlinkSync(join(folder, 'nothing'), join(folder, 'dangling'));
    symlinkSync(join(folder, 'ring'), join(folder, 'ring'));
    for (const [path, sentence] of [
      ['file', /: it is a file, not a folder\. Move that file away, or give another/],
      ['file/below/it', /: \S+file is a file, not a folder\. Move/],
      ['dangling', /: \S+dangling is a link to \S+nothing, which is not there\. Make what it leads to, or remove/],
      ['dangling/below', /dangling is a link to/],
      ['ring', /its links lead in a ring\. Remove the link/],
      ['x'.repeat(300), /its name is too long\. Shorten it/],
    ] as const) {
      expect(() => checkDataDirectory(join(folder, path)), path).toThrow(sentence);
    }
    expect(() => checkDataDirectory('')).toThrow(/it has no name/);
  });

  it.each([
    ['EACCES', /this user may not use it\. Run the command as the user whose device it is/],
    ['EPERM', /the system lets nobody change it\. .*chattr -i/],
    ['EROFS', /it is on a file system that can only be read\. Mount/],
    ['EIO', /the disk has errors\. See what the log/],
    ['ENXIO', /the system says ENXIO\. Set that right/],
  ])('that the system closes (%s) can be asked for a daemon, and holds no new device', (code, sentence) => {
    const access = () => {
      throw Object.assign(new Error(code), { code });
    };
    checkDataDirectoryOwner(folder);
    expect(() => checkDataDirectory(folder, { access })).toThrow(sentence);
    expect(() => checkDataDirectory(join(folder, 'new', 'one'), { access })).toThrow(sentence);
  });
});
