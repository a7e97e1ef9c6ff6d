import { BowlineError } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { DaemonNotRunningError, DataDirUnusableError } from '../src/errors.ts';
import { COMMAND_OUTPUTS } from '../src/output/output-schemas.ts';
import { checksWithoutDaemon, freeBytesAt, type PlaceWithoutDaemon } from '../src/support/checks-without-daemon.ts';

const dataDir = '/tmp/no daemon';
const place: PlaceWithoutDaemon = {
  dataDir,
  error: new DaemonNotRunningError(dataDir),
  hasDevice: true,
  freeBytes: 1e12,
  families: ['IPv4'],
};

const check = (name: string, change: Partial<PlaceWithoutDaemon> = {}) =>
  checksWithoutDaemon({ ...place, ...change }).find((each) => each.name === name);

describe('doctor where no daemon answers', () => {
  it('says so, and how one is started for this folder', () => {
    expect(check('daemon')).toMatchObject({
      result: 'failed',
      sentence: 'No daemon runs for /tmp/no daemon.',
      remedy: expect.stringContaining(`"bowline --data-dir '/tmp/no daemon' up"`),
    });
  });

  it('says what else is wrong: no device, a full disk, no network', () => {
    expect(check('device', { hasDevice: false })?.result).toBe('warning');
    expect(check('disk', { freeBytes: 4_096 })).toMatchObject({
      result: 'failed',
      sentence: expect.stringContaining('4.1 kB'),
    });
    expect(check('disk', { freeBytes: null })?.result).toBe('skipped');
    expect(check('network', { families: [] })?.result).toBe('failed');
    expect(check('device', { error: new DataDirUnusableError(dataDir, 'it is a file, not a folder') })?.result).toBe(
      'skipped',
    );
  });

  it('passes on why a daemon that runs is not talked to', () => {
    const error = new BowlineError({ code: 'DAEMON_SILENT', message: 'The daemon did not answer.' });
    expect(check('daemon', { error })).toMatchObject({ result: 'failed', sentence: 'The daemon did not answer.' });
  });

  it('prints lines as the schema has them, each that is not well with a remedy', () => {
    const schema = COMMAND_OUTPUTS.doctor?.find((each) => each.safeParse({ event: 'check', ...check('disk') }).success);
    const wrong = { hasDevice: false, freeBytes: 0, families: [] };
    for (const each of [...checksWithoutDaemon(place), ...checksWithoutDaemon({ ...place, ...wrong })]) {
      expect(schema?.safeParse({ event: 'check', ...each }).success, each.name).toBe(true);
      expect(each.remedy !== null, each.name).toBe(each.result === 'failed' || each.result === 'warning');
    }
  });

  it('asks the disk that would hold a folder that is not there yet', () => {
    expect(freeBytesAt(`${import.meta.dirname}/no/such/folder`)).toBeGreaterThan(0);
  });
});
