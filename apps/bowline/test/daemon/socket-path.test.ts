import { describe, expect, it } from 'vitest';
import { chooseSocketPath, type SocketPlace } from '../../src/daemon/socket-path.ts';

const place: SocketPlace = {
  dataDir: '/home/me/.local/share/bowline',
  platform: 'linux',
  userId: 1000,
  runtimeDir: null,
  temporaryDir: '/tmp',
  unguessable: '0123456789abcdef0123456789abcdef',
};
const LONG = `/home/me/${'long/'.repeat(30)}`;

const chosen = (given: Partial<SocketPlace>, { trusted = true, refused = [] as readonly string[] } = {}): string =>
  chooseSocketPath(
    { ...place, ...given },
    {
      isTrusted: () => trusted,
      makePrivate: (path) => (refused.includes(path) ? { path: null, problem: `${path} is theirs` } : { path }),
    },
  );

describe('a daemon listens', () => {
  it('in its data directory, when that fits and nobody else may exchange what is in it', () => {
    expect(chosen({})).toBe('/home/me/.local/share/bowline/daemon.sock');
  });

  it('in the runtime directory of this user otherwise, before any shared folder', () => {
    expect(chosen({ dataDir: LONG, runtimeDir: '/run/user/1000/bowline' })).toMatch(
      /^\/run\/user\/1000\/bowline\/[0-9a-f]{16}\.sock$/,
    );
    expect(chosen({ runtimeDir: '/r' }, { trusted: false })).toMatch(/^\/r\/[0-9a-f]{16}\.sock$/);
    expect(chosen({ dataDir: LONG })).toMatch(/^\/run\/user\/1000\/bowline\//);
  });

  it('in a private folder under the temporary one, when there is no other', () => {
    expect(chosen({ dataDir: LONG }, { refused: ['/run/user/1000/bowline'] })).toMatch(/^\/tmp\/bowline-1000\//);
    expect(chosen({ dataDir: LONG, platform: 'darwin', temporaryDir: '/var/folders/x/T' })).toMatch(
      /^\/var\/folders\/x\/T\/bowline-1000\//,
    );
  });

  it('nowhere, when all of them are somebody else’s, and says whose', () => {
    const refused = ['/run/user/1000/bowline', '/tmp/bowline-1000'];
    expect(() => chosen({ dataDir: LONG }, { refused })).toThrow(
      /private folder: .*bowline is theirs; .*1000 is theirs/,
    );
    expect(() => chosen({ dataDir: LONG, temporaryDir: LONG }, { refused })).toThrow('too long for a socket');
    expect(chosen({}, { trusted: false, refused })).toBe('/home/me/.local/share/bowline/daemon.sock');
  });

  it('on a pipe nobody can guess on Windows', () => {
    expect(chosen({ platform: 'win32', userId: null, dataDir: 'C:\\Users\\me\\AppData\\Local\\Bowline' })).toBe(
      '\\\\.\\pipe\\bowline-0123456789abcdef0123456789abcdef',
    );
  });
});
