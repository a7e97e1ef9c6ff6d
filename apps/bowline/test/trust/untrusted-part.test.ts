import { describe, expect, it } from 'vitest';
import { type PathEntry, untrustedPartIn } from '../../src/trust/untrusted-part.ts';

const ME = 1000;
const OTHER = 1001;

const folder = (ownerId: number, mode = 0o755): PathEntry => ({ ownerId, mode, kind: 'folder' });
const link = (ownerId: number, target: string): PathEntry => ({ ownerId, mode: 0o777, kind: 'link', target });

const tree = (entries: Readonly<Record<string, PathEntry>>) => {
  const all: Readonly<Record<string, PathEntry>> = { '/': folder(0), '/tmp': folder(0, 0o1777), ...entries };
  return (path: string) => untrustedPartIn(path, ME, (at) => all[at] ?? null);
};

describe('untrustedPartIn', () => {
  it('trusts what this user and root own, also under a sticky folder for everybody', () => {
    expect(tree({ '/tmp/mine': folder(ME, 0o700) })('/tmp/mine')).toBeNull();
    expect(tree({ '/home': folder(0), '/home/me': folder(ME) })('/home/me/.cache/not-there-yet')).toBeNull();
  });

  it('names a folder somebody else made first', () => {
    expect(tree({ '/tmp/mine': folder(OTHER, 0o777) })('/tmp/mine')).toBe(
      '/tmp/mine belongs to user 1001, and this is user 1000',
    );
    expect(tree({ '/tmp/a': folder(OTHER) })('/tmp/a/b/c')).toContain('/tmp/a belongs to user 1001');
  });

  it('names a folder in which others may replace what is there', () => {
    expect(tree({ '/srv': folder(0, 0o777) })('/srv/mine')).toBe('others may replace what is in /srv');
    expect(tree({ '/srv': folder(ME, 0o775) })('/srv/mine')).toBe('others may replace what is in /srv');
  });

  it('follows links, and trusts neither one that somebody else made nor where one leads', () => {
    const entries = { '/home': folder(0), '/home/me': folder(ME), '/tmp/theirs': folder(OTHER) };
    expect(tree({ ...entries, '/tmp/link': link(OTHER, '/home/me') })('/tmp/link/x')).toContain('/tmp/link belongs to');
    expect(tree({ ...entries, '/tmp/link': link(ME, '../tmp/theirs') })('/tmp/link/x')).toContain(
      '/tmp/theirs belongs to',
    );
    expect(tree({ ...entries, '/var': link(0, 'home/me') })('/var/x')).toBeNull();
  });

  it('ends in a ring of links', () => {
    const ring = tree({ '/tmp/a': link(ME, 'b'), '/tmp/b': link(ME, '/tmp/a') });
    expect(ring('/tmp/a')).toContain('more than 40 links');
  });

  it('asks nothing where the system has no such owners', () => {
    expect(untrustedPartIn('/tmp/mine', null, () => folder(OTHER))).toBeNull();
  });
});
