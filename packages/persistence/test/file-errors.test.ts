import { describe, expect, it } from 'vitest';
import { usingFile } from '../src/file-errors.ts';
import { StoreClosedError } from '../src/index.ts';

const failing = (error: unknown) => () =>
  usingFile('/data/store.key', () => {
    throw error;
  });

const systemError = (code: string): Error => Object.assign(new Error(`${code}: refused`), { code });

describe('usingFile', () => {
  it('gives back what the work answers', () => {
    expect(usingFile('/data/store.key', () => 7)).toBe(7);
  });

  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('says STORE_FULL for %s', (code) => {
    expect(failing(systemError(code))).toThrow(
      expect.objectContaining({ code: 'STORE_FULL', retryable: true, data: { file: '/data/store.key' } }),
    );
  });

  it.each(['EACCES', 'EROFS', 'EIO', 'ENOTDIR'])('says STORE_INACCESSIBLE for %s, with the reason', (code) => {
    expect(failing(systemError(code))).toThrow(
      expect.objectContaining({ code: 'STORE_INACCESSIBLE', message: expect.stringContaining(code) }),
    );
  });

  it('lets errors of ours pass', () => {
    const error = new StoreClosedError();
    expect(failing(error)).toThrow(error);
  });
});
