import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { PROGRAM_FILE } from '../../src/program-file.ts';
import { twoDevices } from './in-process-daemon.ts';

const serve = (...args: readonly string[]) => {
  const child = spawn(PROGRAM_FILE, ['serve', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
    await ended;
  });
  return { child, ended };
};

it('serves one stream by standard input and output, byte for byte, and ends with it', async () => {
  const { dataDir, peer } = await twoDevices();
  const { child, ended } = serve('pipe', '-', '--to', 'nas', '--data-dir', dataDir);
  let said = '';
  child.stderr.on('data', (text) => {
    said += String(text);
  });
  await expect.poll(() => said).toContain('Serving "pipe"');
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 256));
  const output = child.stdout.toArray();
  const stream = await peer.device('laptop').open('pipe');
  await expect(peer.device('laptop').open('pipe')).rejects.toMatchObject({ code: 'SERVICE_REFUSED' });
  child.stdin.end('from the command');
  await stream.write(bytes);
  await stream.end();
  const received: Uint8Array[] = [];
  for await (const piece of stream) received.push(piece);
  expect(Buffer.concat(received).toString()).toBe('from the command');
  expect(Buffer.concat(await output)).toEqual(bytes);
  expect(await ended).toEqual([0, null]);
  // The daemon hears of its end a moment later.
  const opened = (): Promise<unknown> =>
    peer
      .device('laptop')
      .open('pipe')
      .then(
        () => 'opened',
        ({ data }: { readonly data: { readonly reason: string } }) => data.reason,
      );
  await expect.poll(opened).toBe('unknown-service');
});

it('refuses what standard output cannot be as well', async () => {
  const { ended } = serve('pipe', '-', '--to-all', '--json');
  expect((await ended)[0]).toBe(2);
});
