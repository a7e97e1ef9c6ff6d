import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@bowline/logging';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

describe('a log file', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bowline-log-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  test('is made with its directories, for its owner alone, and appended to', async () => {
    const file = join(directory, 'deep', 'bowline.log');
    createLogger({ destination: { file } }).info({}, 'one');
    createLogger({ destination: { file } }).info({}, 'two');
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['one', 'two']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('that cannot be opened is an error that names it', async () => {
    const blocked = join(directory, 'file');
    await writeFile(blocked, '');
    const file = join(blocked, 'bowline.log');
    expect(() => createLogger({ destination: { file } })).toThrow(
      expect.objectContaining({ code: 'LOG_FILE_UNUSABLE', data: { path: file } }),
    );
  });
});
