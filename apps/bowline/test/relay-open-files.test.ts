import { describe, expect, it, onTestFinished, vi } from 'vitest';
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

  it('is read where the system tells it, without asking name servers for anything', () => {
    const getReport = vi.spyOn(process.report, 'getReport');
    onTestFinished(() => getReport.mockRestore());
    const readLimits = () =>
      'Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files\n';
    const report = { excludeNetwork: false, getReport: () => expect.unreachable() };
    expect(openFileLimit({ readLimits, report })).toBe(524_288);
    expect(openFileLimit({ readLimits: () => 'Max open files  unlimited  unlimited  files', report })).toBeNull();
    openFileLimit();
    if (process.platform === 'linux') expect(getReport).not.toHaveBeenCalled();
  });

  it('is read from a report without its network elsewhere', () => {
    let hadNetwork = true;
    const report = {
      excludeNetwork: false,
      getReport: () => {
        hadNetwork = !report.excludeNetwork;
        return { userLimits: { open_files: { hard: 4_096 } } };
      },
    };
    const readLimits = () => {
      throw new Error('no such file');
    };
    expect(openFileLimit({ readLimits, report })).toBe(4_096);
    expect([hadNetwork, report.excludeNetwork]).toEqual([false, false]);
  });

  it.skipIf(process.platform === 'win32')('is known of this process', () => {
    expect(openFileLimit() ?? Number.POSITIVE_INFINITY).toBeGreaterThan(100);
  });
});
