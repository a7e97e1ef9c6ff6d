import { describe, expect, it } from 'vitest';
import { systemFolders } from '../src/system-folders.ts';

const noPasswordEntry = (): string => {
  throw new Error('uv_os_homedir returned ENOENT');
};

describe('systemFolders', () => {
  it('are where the XDG specification says on Linux', () => {
    expect(systemFolders({ HOME: '/home/me' }, 'linux')).toEqual({
      data: '/home/me/.local/share/bowline',
      cache: '/home/me/.cache/bowline',
      runtime: null,
    });
    const env = { HOME: '/home/me', XDG_DATA_HOME: '/d', XDG_CACHE_HOME: '/c', XDG_RUNTIME_DIR: '/run/user/1000' };
    expect(systemFolders(env, 'linux')).toEqual({
      data: '/d/bowline',
      cache: '/c/bowline',
      runtime: '/run/user/1000/bowline',
    });
  });

  it('ignore relative paths', () => {
    const env = { HOME: '/home/me', XDG_DATA_HOME: 'd', XDG_CACHE_HOME: './c', XDG_RUNTIME_DIR: 'r' };
    expect(systemFolders(env, 'linux')).toEqual(systemFolders({ HOME: '/home/me' }, 'linux'));
  });

  it('are missing for a user whom nothing gives a home', () => {
    const none = { data: null, cache: null, runtime: null };
    expect(systemFolders({}, 'linux', noPasswordEntry)).toEqual(none);
    expect(systemFolders({}, 'darwin', noPasswordEntry)).toEqual(none);
    expect(systemFolders({}, 'win32', noPasswordEntry)).toEqual(none);
    expect(systemFolders({ XDG_DATA_HOME: '/d' }, 'linux', noPasswordEntry).data).toBe('/d/bowline');
  });

  it('are where Apple and Microsoft say', () => {
    expect(systemFolders({ HOME: '/Users/me' }, 'darwin')).toEqual({
      data: '/Users/me/Library/Application Support/Bowline',
      cache: '/Users/me/Library/Caches/Bowline',
      runtime: null,
    });
    expect(systemFolders({ LOCALAPPDATA: 'C:\\Users\\me\\AppData\\Local' }, 'win32')).toEqual({
      data: 'C:\\Users\\me\\AppData\\Local\\Bowline',
      cache: 'C:\\Users\\me\\AppData\\Local\\Bowline\\Cache',
      runtime: null,
    });
  });
});
