import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BowlineError, type ChannelClient, type DaemonChannel, type DeviceCheck } from '@bowline/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { supportBundle } from '../../src/support/support-bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'bowline-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const checkOf = (sentence: string): DeviceCheck => ({ name: 'folder', result: 'failed', sentence, remedy: null });

const silent: Pick<ChannelClient<DaemonChannel>, 'request'> = {
  request: async () => {
    throw new BowlineError({ code: 'CHANNEL_DEADLINE', message: 'not answered' });
  },
};

const bundleOf = (dataDir: string, sentence: string, channel: typeof silent | null = null) =>
  supportBundle(channel, { checks: [checkOf(sentence)], nowMs: 0, dataDir });

describe('a support bundle of a device that is in a bad state', () => {
  it('hides a folder whose name has spaces, what it is in, and where its link leads', async () => {
    const target = join(folder, 'Annas Ordner', 'weg');
    const dataDir = join(folder, 'Berts Ordner', 'link');
    mkdirSync(join(folder, 'Berts Ordner'));
    symlinkSync(target, dataDir);
    const sentence = `${dataDir} is a link to ${target}, and others may replace what is in ${join(folder, 'Berts Ordner')}.`;
    const text = JSON.stringify(await bundleOf(dataDir, sentence));
    expect(text).not.toMatch(/Annas|Berts|Ordner|weg/);
    expect(text).toMatch(/<name \d+> is a link to <name \d+>, and others may replace what is in <name \d+>/);
  });

  it('hides a relay that is named by a single word', async () => {
    const checks: readonly DeviceCheck[] = [
      { name: 'relay attic:3340', result: 'failed', sentence: 'Not connected.', remedy: null },
      { name: 'token', result: 'failed', sentence: 'This device is not let in by: attic.', remedy: null },
    ];
    const text = JSON.stringify(await supportBundle(null, { checks, nowMs: 0, dataDir: '/srv/device' }));
    expect(text).not.toContain('attic');
    expect(text).toMatch(/relay <name (\d+)>:3340.*not let in by: <name \1>/);
  });

  it('holds the checks where the daemon answers nothing else, and says so', async () => {
    expect(await bundleOf('/srv/device', 'It is slow.', silent)).toMatchObject({
      checks: [{ check: 'folder', sentence: 'It is slow.' }],
      unanswered: 'CHANNEL_DEADLINE',
    });
  });
});
