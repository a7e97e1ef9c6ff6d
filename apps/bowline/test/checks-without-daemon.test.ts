import { BowlineError } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { DaemonOtherReleaseError, DaemonSilentError } from '../src/daemon/errors.ts';
import { DaemonNotRunningError, DataDirUnusableError } from '../src/errors.ts';
import { errorParts } from '../src/output/error-parts.ts';
import { COMMAND_OUTPUTS } from '../src/output/output-schemas.ts';
import { checksWithoutDaemon, type PlaceWithoutDaemon } from '../src/support/checks-without-daemon.ts';
import { roomAt } from '../src/support/room-at.ts';

const dataDir = '/tmp/no daemon';
const place: PlaceWithoutDaemon = {
  dataDir,
  error: new DaemonNotRunningError(dataDir),
  problem: null,
  untrusted: null,
  isThere: true,
  hasDevice: true,
  storeError: null,
  room: { freeBytes: 1e12, freeFiles: 1e6 },
  families: ['IPv4'],
};

const check = (name: string, change: Partial<PlaceWithoutDaemon> = {}) =>
  checksWithoutDaemon({ ...place, ...change }).find((each) => each.name === name);

const unusable = new DataDirUnusableError(dataDir, 'it is a file, not a folder', 'Move that file away.');
const withoutFolder = { problem: errorParts(unusable), error: unusable, hasDevice: false };
const storeError = (code: string) => new BowlineError({ code, message: `The store is not well: ${code}.` });

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
    expect(check('disk', { room: { freeBytes: 4_096, freeFiles: 1_000 } })).toMatchObject({
      result: 'failed',
      sentence: expect.stringContaining('4.1 kB'),
    });
    expect(check('network', { families: [] })?.result).toBe('failed');
  });

  it('says of a disk that it takes no more files, whatever room it has', () => {
    expect(check('disk', { room: { freeBytes: 1e12, freeFiles: 3 } })).toMatchObject({
      result: 'failed',
      sentence: expect.stringContaining('no more files, or nearly (3 left)'),
    });
  });

  it('leaves out what the system does not tell', () => {
    expect(check('disk', { room: { freeBytes: null, freeFiles: null } })?.result).toBe('skipped');
    expect(check('network', { families: null })?.result).toBe('skipped');
  });

  it('says of a folder that cannot be used what every command says, once, and what to do', () => {
    expect(check('folder', withoutFolder)).toEqual({
      name: 'folder',
      result: 'failed',
      sentence: `${dataDir} cannot be the folder of a device: it is a file, not a folder.`,
      remedy: 'Move that file away.',
    });
    const others = ['daemon', 'device', 'store'].map((name) => check(name, withoutFolder)?.result);
    expect(others).toEqual(['skipped', 'skipped', 'skipped']);
  });

  it('warns where others could take away what is in the folder', () => {
    expect(check('folder', { untrusted: 'others may replace what is in /tmp/no daemon' })).toMatchObject({
      result: 'warning',
      remedy: expect.stringContaining(`chmod go-w '/tmp/no daemon'`),
    });
  });

  it.each(['STORE_DAMAGED', 'STORE_WENT_BACK', 'STORE_NEWER', 'STORE_KEY_MISSING', 'DEVICE_RETIRED', 'ANOTHER_ONE'])(
    'says of a store that does not open (%s) what its start would say',
    (code) => {
      const { result, sentence, remedy } = check('store', { storeError: storeError(code) }) ?? {};
      expect({ result, sentence }).toEqual({ result: 'failed', sentence: `The store is not well: ${code}.` });
      expect(remedy).toMatch(/\w/);
    },
  );

  it('does not call a store damaged that somebody has open', () => {
    expect(check('store', { storeError: storeError('STORE_LOCKED') })?.result).toBe('skipped');
    expect(check('store', { hasDevice: false })?.result).toBe('skipped');
  });

  it('passes on why a daemon that runs is not talked to, and which process to end when it stays so', () => {
    const error = new DaemonSilentError(dataDir, 'nothing came within 5000 ms', 4711);
    const { sentence, remedy } = check('daemon', { error }) ?? {};
    expect(`${sentence} ${remedy}`).toBe(error.message);
    expect(remedy).toMatch(/^Try again; .*4711/);
    // A folder that became read-only keeps nobody from asking, and is not why nothing answers.
    expect(check('daemon', { ...withoutFolder, error })?.result).toBe('failed');
    const older = new DaemonOtherReleaseError(dataDir, '0.1.0', '0.2.0');
    expect(check('daemon', { error: older })?.remedy).toMatch(/^To restart the daemon: .* down, then .* up --detach/);
    const plain = new BowlineError({ code: 'CHANNEL_DEADLINE', message: 'It was not answered.' });
    expect(check('daemon', { error: plain })).toMatchObject({ result: 'failed', sentence: 'It was not answered.' });
  });

  it('prints lines as the schema has them, each that is not well with a remedy', () => {
    const schema = COMMAND_OUTPUTS.doctor?.find((each) => each.safeParse({ event: 'check', ...check('disk') }).success);
    const wrong = { hasDevice: false, room: { freeBytes: 0, freeFiles: 0 }, families: [] };
    const all = [wrong, withoutFolder, { storeError: storeError('STORE_DAMAGED') }].flatMap((change) =>
      checksWithoutDaemon({ ...place, ...change }),
    );
    for (const each of [...checksWithoutDaemon(place), ...all]) {
      expect(schema?.safeParse({ event: 'check', ...each }).success, each.name).toBe(true);
      expect(each.remedy !== null, each.name).toBe(each.result === 'failed' || each.result === 'warning');
    }
  });

  it('asks the disk that would hold a folder that is not there yet, and believes no file system without blocks', () => {
    expect(roomAt(`${import.meta.dirname}/no/such/folder`).freeBytes).toBeGreaterThan(0);
    if (process.platform === 'linux') expect(roomAt('/proc/self').freeBytes).toBeNull();
  });
});
