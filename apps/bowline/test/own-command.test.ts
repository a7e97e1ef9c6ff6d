import { describe, expect, it } from 'vitest';
import { commandElsewhere, ownCommand, shellWord } from '../src/output/own-command.ts';

describe('a command for a device', () => {
  it('names the folder only where another one would be taken', () => {
    expect(ownCommand('/home/me/bowline', '/home/me/bowline')).toBe('bowline');
    expect(ownCommand('/tmp/nas', '/home/me/bowline')).toBe('bowline --data-dir /tmp/nas');
    expect(ownCommand('/tmp/nas', null)).toBe('bowline --data-dir /tmp/nas');
  });

  it('names the whole folder for another terminal', () => {
    expect(commandElsewhere('nas', '/home/me/bowline')).toBe(`bowline --data-dir ${shellWord(`${process.cwd()}/nas`)}`);
  });

  it('quotes what a shell would act upon', () => {
    expect(shellWord("/tmp/it's mine", 'linux')).toBe("'/tmp/it'\\''s mine'");
    expect(shellWord('/tmp/$HOME', 'linux')).toBe("'/tmp/$HOME'");
    expect(shellWord('C:\\Users\\me\\nas', 'win32')).toBe('C:\\Users\\me\\nas');
    expect(shellWord('C:\\Program Files\\nas', 'win32')).toBe('"C:\\Program Files\\nas"');
  });
});
