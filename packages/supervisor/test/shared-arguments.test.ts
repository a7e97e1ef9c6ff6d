import { describe, expect, it } from 'vitest';
import { processArguments, threadArguments } from '../src/shared-arguments.ts';

describe('what a worker shares of its host’s arguments of Node', () => {
  it('is, in a process, what memory, certificates and packages depend on', () => {
    const given = ['--inspect=9229', '--max-old-space-size=256', '--import=./loader.mjs', '--conditions=development'];
    expect(processArguments(given)).toEqual([
      '--v8-pool-size=1',
      '--max-old-space-size=256',
      '--conditions=development',
    ]);
  });

  it('is, in a thread, by which conditions packages are found', () => {
    expect(threadArguments(['--max-old-space-size=256', '--conditions=development'])).toEqual([
      '--conditions=development',
    ]);
  });

  it.each([[['-C', 'development']], [['--conditions', 'development']]])('reads %j', (given) => {
    expect(processArguments(given)).toEqual(['--v8-pool-size=1', '--conditions=development']);
    expect(threadArguments(given)).toEqual(['--conditions=development']);
  });
});
