import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'bowline-closed-output-'));
afterAll(() => rmSync(dataDir, { recursive: true }));

test('a command whose reader has gone ends with its exit code and no complaint', async () => {
  const args = [main, 'pair', '--data-dir', dataDir, '--relay', 'disabled', '--bind', '127.0.0.1', '--json'];
  const child = spawn(process.execPath, [...args, '--ttl', '2'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(JSON.parse(said.toString().split('\n', 1)[0] ?? '')).toMatchObject({ event: 'code' });
  child.stdout.destroy();
  const [exitCode] = await once(child, 'exit');
  expect({ exitCode, complaints }).toEqual({ exitCode: 5, complaints: '' });
});
