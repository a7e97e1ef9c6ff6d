import { createHash } from 'node:crypto';
import { posix, win32 } from 'node:path';
import { launchdPlist } from './launchd-plist.ts';
import type { ServicePlan } from './service-plan.ts';
import { systemdUnit } from './systemd-unit.ts';
import { windowsTask } from './windows-task.ts';

/** One program of the system with its arguments. */
export type SystemCommand = readonly [program: string, ...args: string[]];

/** How a system keeps one service: pure, so that what another system gets can be looked at on this one. */
export interface ServiceManager {
  readonly kind: 'systemd' | 'launchd' | 'windows-task';
  /** What describes the service, and what stands in it. */
  readonly file: string;
  readonly text: string;
  readonly encoding: 'utf8' | 'utf16le';
  /** Run one after the other, once the file is there. */
  readonly install: readonly SystemCommand[];
  /** Run before the file goes. */
  readonly uninstall: readonly SystemCommand[];
  /** Run once the file is gone. */
  readonly afterwards: readonly SystemCommand[];
  /** Succeeds while the service runs (systemd), or is known (the others). */
  readonly status: SystemCommand;
  /** What the person should know, or `null`. */
  readonly advice: string | null;
}

/** Whose service it is. */
export interface ServiceUser {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** `XDG_CONFIG_HOME`, where it is set. */
  readonly configHome: string | null;
  /** Number of the user on macOS. */
  readonly id: number | null;
  /** Name of the user; as `DOMAIN\name` on Windows. */
  readonly name: string;
}

/** The name of the service of a data directory; the usual one has the plain name. */
export const serviceName = (dataDir: string, usualDataDir: string | null, platform: NodeJS.Platform): string => {
  const stem = platform === 'darwin' ? 'app.bowline.daemon' : 'bowline';
  if (dataDir === usualDataDir) return stem;
  return `${stem}-${createHash('sha256').update(dataDir).digest('hex').slice(0, 8)}`;
};

export const serviceManager = (plan: ServicePlan, user: ServiceUser): ServiceManager => {
  if (user.platform === 'win32') return windowsManager(plan, user);
  return user.platform === 'darwin' ? launchdManager(plan, user) : systemdManager(plan, user);
};

const systemdManager = (plan: ServicePlan, { home, configHome, name }: ServiceUser): ServiceManager => {
  const unit = `${plan.name}.service`;
  const reload: SystemCommand = ['systemctl', '--user', 'daemon-reload'];
  return {
    kind: 'systemd',
    file: posix.join(configHome ?? posix.join(home, '.config'), 'systemd', 'user', unit),
    text: systemdUnit(plan),
    encoding: 'utf8',
    install: [reload, ['systemctl', '--user', 'enable', unit], ['systemctl', '--user', 'restart', unit]],
    uninstall: [['systemctl', '--user', 'disable', '--now', unit]],
    afterwards: [reload],
    status: ['systemctl', '--user', 'is-active', unit],
    advice: `It runs while you are logged in; to let it run always: loginctl enable-linger ${name}`,
  };
};

const launchdManager = (plan: ServicePlan, { home, id }: ServiceUser): ServiceManager => {
  const file = posix.join(home, 'Library', 'LaunchAgents', `${plan.name}.plist`);
  const domain = `gui/${id ?? 0}`;
  return {
    kind: 'launchd',
    file,
    text: launchdPlist(plan),
    encoding: 'utf8',
    install: [['launchctl', 'bootstrap', domain, file]],
    uninstall: [['launchctl', 'bootout', `${domain}/${plan.name}`]],
    afterwards: [],
    status: ['launchctl', 'print', `${domain}/${plan.name}`],
    advice: null,
  };
};

const windowsManager = (plan: ServicePlan, { name }: ServiceUser): ServiceManager => {
  const file = win32.join(plan.dataDir, `${plan.name}-task.xml`);
  return {
    kind: 'windows-task',
    file,
    text: windowsTask(plan, name),
    encoding: 'utf16le',
    install: [
      ['schtasks', '/Create', '/F', '/TN', plan.name, '/XML', file],
      ['schtasks', '/Run', '/TN', plan.name],
    ],
    uninstall: [['schtasks', '/Delete', '/F', '/TN', plan.name]],
    afterwards: [],
    status: ['schtasks', '/Query', '/TN', plan.name],
    advice: 'The daemon itself runs in the background: "bowline status" tells how it is, "bowline down" ends it.',
  };
};
