import { defineConfig } from 'vitest/config';
import { SOURCE_CONDITION, withSources } from './tools/source-condition.ts';

// Tests, and every process and thread they start, run the sources: nothing has to be built.
withSources();
const resolve = { conditions: [SOURCE_CONDITION, 'module', 'node'] };
const ssr = { resolve: { conditions: resolve.conditions, externalConditions: [SOURCE_CONDITION, 'node'] } };

/** Tests with processes and sockets mostly wait, so one worker more than a small machine has cores keeps it busy. */
const MAX_WORKERS = 3;

/** Nobody's keychain is touched but by tests that start one of their own. */
const env = { BOWLINE_KEY: 'file', DBUS_SESSION_BUS_ADDRESS: '' };

/** Where commands and daemons are started. */
const withProgram = { env: { ...env, BOWLINE_PROGRAM: 'bundled' }, globalSetup: 'tools/bundle-for-tests.ts' };

/** What is waited for by looking again and again may come late on a busy machine: the default is one second. */
const poll = { timeout: 15_000, interval: 20 };

const shared = {
  env,
  environment: 'node' as const,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  maxWorkers: MAX_WORKERS,
  expect: { poll },
};

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          ...shared,
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tools/test/**/*.test.ts'],
          exclude: ['**/*.process.test.ts', '**/*.netns.test.ts', '**/*.browser.test.ts'],
          // They share nothing but modules, and none of those remembers anything: loading them once takes a third of the time.
          isolate: false,
        },
      },
      {
        resolve,
        ssr,
        test: {
          ...shared,
          ...withProgram,
          name: 'process',
          testTimeout: 120_000,
          include: ['packages/*/test/**/*.process.test.ts', 'apps/*/test/**/*.process.test.ts'],
        },
      },
      {
        resolve,
        ssr,
        test: {
          ...shared,
          ...withProgram,
          name: 'browser',
          testTimeout: 120_000,
          include: ['apps/*/test/**/*.browser.test.ts'],
        },
      },
      {
        resolve,
        ssr,
        test: {
          ...shared,
          ...withProgram,
          name: 'netns',
          testTimeout: 120_000,
          include: ['**/*.netns.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          maxWorkers: 1,
          // After the others: what is measured in here is measured without them.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
