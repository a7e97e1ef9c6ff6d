import { describe, expect, it } from 'vitest';
import { commandProgram } from '../../src/command-line.ts';
import { candidatesFor, unquoted } from '../../src/completion/candidates.ts';

const completed = (...typed: readonly string[]) => candidatesFor(commandProgram({ exitCode: 0 }), typed);

describe('completion', () => {
  it('of a command, and of one within another', () => {
    expect(completed('st').words).toEqual(['status']);
    expect(completed('').words).toEqual(expect.arrayContaining(['up', 'pair', 'relay']));
    expect(completed('').words).not.toContain('complete');
    expect(completed('relay', 'se').words).toEqual(['serve', 'set']);
    expect(completed('--json', '--data-dir', '/d', 'relay', 'bu').words).toEqual(['budget']);
  });

  it('of options', () => {
    expect(completed('up', '--det').words).toEqual(['--detach']);
    expect(completed('up', '--log').words).toEqual([]);
    expect(completed('--v').words).toEqual(['--version']);
    expect(completed('completion', 'f').words).toEqual(['fish']);
  });

  it('of devices, where an argument is one', () => {
    expect(completed('send', 'na')).toEqual({ words: [], isDevice: true, dataDir: null });
    expect(completed('send', '--data-dir', '/d e', 'na')).toEqual({ words: [], isDevice: true, dataDir: '/d e' });
    expect(completed('--data-dir=/d', 'ping', '').isDevice).toBe(true);
    expect(completed('--data-dir=/d', 'ping', '').dataDir).toBe('/d');
    expect(completed('send', 'nas', 'hel').isDevice).toBe(false);
    expect(completed('up', '--name', 'na').isDevice).toBe(false);
  });

  it('takes words as the shell would', () => {
    expect(unquoted('My\\ NAS')).toBe('My NAS');
    expect(unquoted('"My \\"NAS')).toBe('My "NAS');
    expect(unquoted("'My N")).toBe('My N');
  });
});
