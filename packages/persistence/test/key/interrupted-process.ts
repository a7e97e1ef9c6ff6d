import fs, { readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { Logger } from '@bowline/contracts';

/**
 * A process that kills itself before its n-th step that changes a file: `interruptAt(n)` is called before what is to be
 * interrupted is loaded. Every step there is can so be the last one.
 */
export const interruptAt = (step: number): void => {
  let steps = 0;
  const real = { ...fs };
  const counted = (): void => {
    steps += 1;
    if (steps === step) process.kill(process.pid, 'SIGKILL');
  };
  for (const name of ['writeSync', 'fsyncSync', 'renameSync', 'rmSync', 'writeFileSync', 'truncateSync'] as const) {
    // biome-ignore lint/suspicious/noExplicitAny: each has arguments of its own, which are handed on as they are.
    (fs as any)[name] = (...given: unknown[]) => {
      counted();
      // biome-ignore lint/suspicious/noExplicitAny: as above.
      return (real as any)[name](...given);
    };
  }
  syncBuiltinESMExports();
};

const silent = (): void => undefined;

/** Writes nothing anywhere, and loads nothing that would count as a step. */
export const silentLogger: Logger = {
  error: silent,
  warn: silent,
  info: silent,
  debug: silent,
  trace: silent,
  child: () => silentLogger,
};

/** A keychain that outlives its process: a file. Each change of it is a step, too. */
export const keychainInFile = (file: string) => {
  const read = (): Record<string, string> => JSON.parse(readFileSync(file, 'utf8'));
  const change = (work: (entries: Record<string, string>) => void): void => {
    const entries = read();
    work(entries);
    writeFileSync(`${file}.new`, JSON.stringify(entries));
    fs.renameSync(`${file}.new`, file);
  };
  return {
    isOpen: async () => true,
    get: async (entry: string) => {
      const hex = read()[entry];
      return hex === undefined ? undefined : new Uint8Array(Buffer.from(hex, 'hex'));
    },
    set: async (entry: string, key: Uint8Array) =>
      change((entries) => {
        entries[entry] = Buffer.from(key).toString('hex');
      }),
    delete: async (entry: string) =>
      change((entries) => {
        delete entries[entry];
      }),
  };
};
