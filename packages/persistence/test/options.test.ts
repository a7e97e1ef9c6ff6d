import { InvalidOptionError } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { PERSISTENCE_DEFAULTS, type PersistenceOptionsInput, resolvePersistenceOptions } from '../src/index.ts';

describe('resolvePersistenceOptions', () => {
  it('fills in the defaults', () => {
    expect(resolvePersistenceOptions({ dataDir: '/data' })).toEqual({ dataDir: '/data', ...PERSISTENCE_DEFAULTS });
  });

  it.each<[string, PersistenceOptionsInput]>([
    ['dataDir', { dataDir: 'relative/path' }],
    ['dataDir', { dataDir: '' }],
    ['dataDir', { dataDir: '/data\0x' }],
    ['journalMaxEntries', { dataDir: '/data', journalMaxEntries: 99 }],
    ['journalMaxEntries', { dataDir: '/data', journalMaxEntries: 1_000_001 }],
    ['journalMaxEntries', { dataDir: '/data', journalMaxEntries: 100.5 }],
    ['journalMaxBytes', { dataDir: '/data', journalMaxBytes: 4_194_303 }],
    ['journalMaxBytes', { dataDir: '/data', journalMaxBytes: Number.NaN }],
  ])('refuses a wrong %s', (option, input) => {
    expect(() => resolvePersistenceOptions(input)).toThrow(InvalidOptionError);
    expect(() => resolvePersistenceOptions(input)).toThrow(`"${option}"`);
  });
});
