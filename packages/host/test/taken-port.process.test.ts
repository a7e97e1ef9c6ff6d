import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { memoryLogger } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { killWorker, loopbackDevice } from './loopback-device.ts';

/** Where this runs as root, another user indeed; else another program of the same. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const PROGRAM = readFileSync(new URL('./fixtures/port-thief.mjs', import.meta.url), 'utf8');

/** Tries to take a port as fast as it can until it is stopped, and says then what came of it. */
const portThief = async (port: number) => {
  // Its program comes as text: another user need not be allowed to read this checkout.
  const thief = spawn(process.execPath, ['--input-type=module'], { ...NOBODY, stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void thief.kill('SIGKILL'));
  thief.stdin.end(`const port = ${port};\n${PROGRAM}`);
  const lines = createInterface(thief.stdout);
  await once(lines, 'line');
  return {
    stop: async (): Promise<{ readonly tries: number; readonly taken: number }> => {
      const told = once(lines, 'line');
      thief.kill('SIGTERM');
      return JSON.parse(String((await told)[0]));
    },
  };
};

describe("a device's loopback port", () => {
  it('is never free for another user while the switchboard dies again and again', async () => {
    const logger = memoryLogger();
    const host = await loopbackDevice('nas', {}, logger).open();
    const opened = logger.lines.find(({ message }) => message === 'loopback port open');
    const thief = await portThief(Number(opened?.fields.port));
    for (let kills = 0; kills < 3; kills += 1) await killWorker(host, 'relay-switchboard');
    const { taken, tries } = await thief.stop();
    expect(taken).toBe(0);
    expect(tries).toBeGreaterThan(100);
  });
});
