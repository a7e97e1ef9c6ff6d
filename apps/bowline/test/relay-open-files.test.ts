import { describe, expect, it } from 'vitest';
import { openFileLimit, tooFewFiles } from '../src/relay-host/open-files.ts';

describe('the limit of open files', () => {
  it('is spoken of when a relay would run out of files before it is full', () => {
    expect(tooFewFiles(1_024, 20_000)).toMatch(/may open 1024 files, and 20000 clients need 20064.*LimitNOFILE/);
    expect(tooFewFiles(20_063, 20_000)).not.toBeNull();
    expect(tooFewFiles(20_064, 20_000)).toBeNull();
  });

  it('is no matter where nothing limits them', () => {
    expect(tooFewFiles(null, 1_000_000)).toBeNull();
  });

  it.skipIf(process.platform === 'win32')('is known of this process', () => {
    expect(openFileLimit() ?? Number.POSITIVE_INFINITY).toBeGreaterThan(100);
  });
});
