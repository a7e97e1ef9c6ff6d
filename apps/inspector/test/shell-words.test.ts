import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellWord, wordOf } from '../page/shell-words.ts';

const named = (id: string, name: string) => ({ id, name });

describe('a device in a command', () => {
  const nas = named('d-0000000000000001', 'nas');

  it('goes by its name where nobody else could be meant', () => {
    expect(wordOf(nas, [nas, named('d-0000000000000002', 'phone')])).toBe('nas');
  });

  it.each([
    ['another one of that name', named('d-0000000000000002', 'NAS'), nas],
    ['a name with a space', null, named('d-0000000000000001', "Office's NAS")],
    ['a name a shell acts upon', null, named('d-0000000000000001', '$(reboot)')],
    ['a name of two lines', null, named('d-0000000000000001', 'nas\nreboot')],
    ['a name that looks like an option', null, named('d-0000000000000001', '--json')],
    ['a name that begins an id', named('d-0000000000000002', 'phone'), named('d-0000000000000001', 'd')],
    ['a name that looks like an id', null, named('d-0000000000000001', 'd-00')],
    ['a name that looks like an endpoint id', null, named('d-0000000000000001', 'beef')],
  ])('goes by its id: %s', (_, other, device) => {
    expect(wordOf(device, other === null ? [device] : [device, other])).toBe('d-0000000000000001');
  });

  it.runIf(process.platform !== 'win32')('is one word to a shell, whatever stands in it', () => {
    for (const text of ["it's", '$HOME `id` "x"', 'a\nb', '*', '~', '!!', 'a;b', '\\', '']) {
      expect(execFileSync('/bin/sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
    }
  });
});
