import { expect, it } from 'vitest';
import { findFirewalls } from '../../src/diagnosis/find-firewalls.ts';

const system = (files: Readonly<Record<string, string>>, platform: NodeJS.Platform = 'linux') => ({
  platform,
  read: async (path: string) => {
    if (!Object.hasOwn(files, path)) throw new Error('ENOENT');
    return files[path] ?? '';
  },
  exists: async (path: string) => Object.hasOwn(files, path),
});

it.each([
  ['none', {}, []],
  ['ufw that is installed alone', { '/etc/ufw/ufw.conf': 'ENABLED=no\n' }, []],
  ['ufw', { '/etc/ufw/ufw.conf': '# comment\nENABLED=yes\nLOGLEVEL=low\n' }, ['ufw']],
  [
    'two units that run',
    {
      '/run/systemd/units/invocation:firewalld.service': '',
      '/run/systemd/units/invocation:nftables.service': '',
    },
    ['firewalld', 'nftables'],
  ],
])('finds %s', async (_, files: Readonly<Record<string, string>>, found) => {
  expect(await findFirewalls(system(files))).toEqual(found);
});

it('says that it does not know on other systems', async () => {
  expect(await findFirewalls(system({}, 'darwin'))).toBeNull();
});
