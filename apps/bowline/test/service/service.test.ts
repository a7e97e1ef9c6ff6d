import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runningProgram } from '../../src/background/running-program.ts';
import { upArguments } from '../../src/background/up-arguments.ts';
import { serviceManager, serviceName } from '../../src/service/service-manager.ts';
import type { ServicePlan } from '../../src/service/service-plan.ts';
import { systemdUnit } from '../../src/service/systemd-unit.ts';
import { windowsQuoted } from '../../src/service/windows-task.ts';
import { temporaryFolder } from '../two-devices.ts';

const plan: ServicePlan = {
  name: 'bowline',
  program: { node: process.execPath, args: ['--conditions=x', '/opt/bow line/bin/main.js'] },
  upArguments: upArguments('/data/100% "mine"', {
    name: 'Café $HOME \\',
    mdns: false,
    tcp: true,
    relay: ['https://r.example'],
  }),
  dataDir: '/data/100% "mine"',
  logFile: '/data/100% "mine"/daemon.log',
};
const user = { home: '/home/me', configHome: null, id: 501, name: 'me' };

describe('the program of a service', () => {
  it('takes the program from the one that runs, without a debugger', () => {
    const running = { execPath: '/n', execArgv: ['--inspect', '--conditions=s'], argv: ['/n', '/m.js', 'service'] };
    expect(runningProgram(running)).toEqual({ node: '/n', args: ['--conditions=s', '--v8-pool-size=1', '/m.js'] });
  });

  it('has one helper of V8, unless another number was given', () => {
    const running = { execPath: '/n', execArgv: ['--v8-pool-size=4'], argv: ['/n', '/m.js', 'up', '--detach'] };
    expect(runningProgram(running).args).toEqual(['--v8-pool-size=4', '/m.js']);
  });
});

describe('the service of a data directory', () => {
  it('has the plain name for the usual one, and one of its own for any other', () => {
    expect(serviceName('/usual', '/usual', 'linux')).toBe('bowline');
    expect(serviceName('/usual', '/usual', 'darwin')).toBe('app.bowline.daemon');
    expect(serviceName('/other', '/usual', 'linux')).toMatch(/^bowline-[0-9a-f]{8}$/);
    expect(serviceName('/other', null, 'linux')).not.toBe(serviceName('/another', null, 'linux'));
  });

  it('on Linux is a unit of the user’s systemd, with every argument as it was given', () => {
    const manager = serviceManager(plan, { ...user, platform: 'linux' });
    expect(manager.file).toBe('/home/me/.config/systemd/user/bowline.service');
    expect(serviceManager(plan, { ...user, configHome: '/c', platform: 'linux' }).file).toBe(
      '/c/systemd/user/bowline.service',
    );
    expect(manager.text).toContain('"--data-dir" "/data/100%% \\"mine\\"" "--name" "Café $$HOME \\\\"');
    expect(manager.install.at(-1)).toEqual(['systemctl', '--user', 'restart', 'bowline.service']);
    expect(manager.advice).toContain('loginctl enable-linger me');
  });

  it.skipIf(process.env.CI === undefined && spawnSync('systemd-analyze', ['--version']).status !== 0)(
    'is a unit systemd accepts (needs systemd-analyze)',
    () => {
      const file = join(temporaryFolder(), 'bowline.service');
      writeFileSync(file, systemdUnit(plan));
      const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--user', '--man=no', file], {
        encoding: 'utf8',
        env: { ...process.env, XDG_RUNTIME_DIR: temporaryFolder() },
      });
      expect(`${stdout}${stderr}`).toBe('');
      expect(status).toBe(0);
    },
  );

  it('on macOS is a launch agent', () => {
    const manager = serviceManager({ ...plan, name: 'app.bowline.daemon' }, { ...user, platform: 'darwin' });
    expect(manager.file).toBe('/home/me/Library/LaunchAgents/app.bowline.daemon.plist');
    expect(manager.text).toContain('<string>/data/100% &quot;mine&quot;</string>');
    expect(manager.text).toContain('<string>--logged</string>\n  </array>');
    expect(manager.install).toEqual([['launchctl', 'bootstrap', 'gui/501', manager.file]]);
    expect(manager.uninstall).toEqual([['launchctl', 'bootout', 'gui/501/app.bowline.daemon']]);
  });

  it('on Windows is a task at logon', () => {
    const dataDir = 'C:\\Users\\me & you\\AppData\\Local\\Bowline';
    const manager = serviceManager(
      { ...plan, dataDir, upArguments: ['up', '--data-dir', dataDir] },
      { ...user, name: 'PC\\me', id: null, platform: 'win32' },
    );
    expect(manager.file).toBe(`${dataDir}\\bowline-task.xml`);
    expect(manager.encoding).toBe('utf16le');
    expect(manager.text).toContain('<UserId>PC\\me</UserId>');
    expect(manager.text).toContain('&quot;C:\\Users\\me &amp; you\\AppData\\Local\\Bowline&quot; --detach</Arguments>');
    expect(manager.install[0]).toEqual(['schtasks', '/Create', '/F', '/TN', 'bowline', '/XML', manager.file]);
  });

  it('quotes for Windows as its programs read it', () => {
    expect(windowsQuoted('plain')).toBe('plain');
    expect(windowsQuoted('')).toBe('""');
    expect(windowsQuoted('C:\\a b\\')).toBe('"C:\\a b\\\\"');
    expect(windowsQuoted('say "a\\"')).toBe('"say \\"a\\\\\\""');
  });
});
