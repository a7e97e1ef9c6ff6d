import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { childCommand } from '../src/demo/child-command.ts';
import { expectDocumented } from './support/documented-output.ts';
import { temporaryFolder } from './two-devices.ts';

/** Everything that asks about a device, or does something to one that must be there. */
const QUESTIONS: readonly (readonly string[])[] = [
  ['services'],
  ['services', 'nas'],
  ['messages'],
  ['messages', '--take'],
  ['receive'],
  ['receive', '--off'],
  ['serve', 'web', '--off'],
  ['connect', 'nas', 'web'],
  ['block', 'nas'],
  ['unblock', 'nas'],
  ['why', 'nas'],
  ['relay', 'status'],
];

test('no question makes a device, and each says that there is none or that none runs', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const ask = async (args: readonly string[], index: number) => {
    const dataDir = join(folder, String(index));
    const command = childCommand([...args, '--data-dir', dataDir]);
    const lines = await command.allLines();
    for (const line of lines) expectDocumented(args, line);
    return { args, exitCode: await command.exitCode(), last: lines.at(-1), isMade: existsSync(dataDir) };
  };
  for (const { args, exitCode, last, isMade } of await Promise.all(QUESTIONS.map(ask))) {
    expect([exitCode, isMade], args.join(' ')).toEqual([3, false]);
    expect(last, args.join(' ')).toMatchObject({
      error: { code: expect.stringMatching(/^(?:NO_DEVICE|DAEMON_NOT_RUNNING)$/) },
    });
  }
});
