import { expect, it } from 'vitest';
import { runSystemCommand } from '../../src/service/run-system-command.ts';

const saying = (script: string, limitMs?: number) => runSystemCommand([process.execPath, '-e', script], limitMs);

it('gives what a program of the system says when it fails: its error, or what it printed in the place of an answer', async () => {
  expect(await saying('console.log("active")')).toBeNull();
  expect(await saying('console.log("failed"); process.exitCode = 3')).toBe('failed');
  expect(await saying('console.log("x"); console.error("No bus\\nhere"); process.exitCode = 1')).toBe('No bus here');
  expect(await runSystemCommand(['bowline-no-such-program'])).toBe(
    'there is no bowline-no-such-program on this system',
  );
});

it('waits no longer than it is told', async () => {
  expect(await saying('setTimeout(() => {}, 600_000)', 100)).not.toBeNull();
});
