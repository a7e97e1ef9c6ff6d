import { createHash } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readSmallFiles, saveSmallFiles } from '../../src/push/small-files.task.ts';

const TEN = Buffer.from('0123456789');
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'bowline-small-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

it('read all of each small file, and leave everything else to be looked at', () => {
  const here = folder();
  const paths = ['ten', 'empty', 'large', 'folder', 'link', 'missing'].map((name) => join(here, name));
  writeFileSync(paths[0] ?? '', TEN);
  writeFileSync(paths[1] ?? '', '');
  writeFileSync(paths[2] ?? '', Buffer.alloc(11));
  mkdirSync(paths[3] ?? '');
  symlinkSync(paths[0] ?? '', paths[4] ?? '');
  const [ten, empty, ...others] = readSmallFiles({ paths, maxBytes: 10 });
  expect([ten, empty].map((read) => Buffer.from(read?.content ?? 'x').toString())).toEqual(['0123456789', '']);
  expect([ten, empty].map((read) => Buffer.from(read?.hash ?? ''))).toEqual([sha256(TEN), sha256(Buffer.alloc(0))]);
  expect(others).toEqual([null, null, null, null]);
});

it('save what fits its hash where nothing is, and leave nothing behind of anything else', async () => {
  const there = folder();
  const file = (name: string, content = TEN) => ({
    partialPath: join(there, `${name}.partial`),
    path: join(there, name),
    content,
    hash: sha256(TEN),
  });
  writeFileSync(join(there, 'taken'), 'mine');
  writeFileSync(join(there, 'mine'), 'mine');
  linkSync(join(there, 'mine'), join(there, 'begun.partial'));
  symlinkSync(join(there, 'nowhere'), join(there, 'link'));
  const files = [
    file('new'),
    file('wrong', Buffer.from('9876543210')),
    file('taken'),
    { ...file('new'), partialPath: join(there, 'again.partial') },
    file('begun'),
    file('link'),
    file('no/folder'),
  ];
  expect(await saveSmallFiles({ files })).toEqual(['saved', 'changed', 'other', 'other', 'other', 'other', 'other']);
  expect(readdirSync(there).sort()).toEqual(['begun.partial', 'link', 'mine', 'new', 'taken']);
  expect(readFileSync(join(there, 'new'))).toEqual(TEN);
  expect(['taken', 'mine'].map((name) => readFileSync(join(there, name), 'utf8'))).toEqual(['mine', 'mine']);
});
