import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { type UpOptions, upArguments } from '../background/up-arguments.ts';
import { type CommandOutcome, commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { isDaemonRunning } from '../daemon/daemon-client.ts';
import { checkDataDirectory, makeDataDirectory } from '../data-directory.ts';
import { DaemonRunningError, ServiceFolderError } from '../errors.ts';
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts';
import { serviceOf } from '../service/installed-service.ts';
import { runSystemCommand } from '../service/run-system-command.ts';
import type { ServiceManager, SystemCommand } from '../service/service-manager.ts';
import { requireUnattendedKey } from '../service/unattended-key.ts';
import { makeFolder } from '../trust/make-folder.ts';
import { ownUserId, untrustedPartIn } from '../trust/untrusted-part.ts';
import { withUpOptions } from './up.ts';

type ServiceOptions = DeviceOptions & UpOptions;

export const serviceCommand = (outcome: CommandOutcome): Command => {
  const does = (command: Command, description: string, run: (options: ServiceOptions) => Promise<ExitCode>) =>
    command.description(description).action(async (options: ServiceOptions) => {
      outcome.exitCode = await run(options);
    });
  const named = (name: string) => withDeviceOptions(new Command(name));
  return new Command('service')
    .description('let the system start the daemon when you log in')
    .addCommand(
      does(
        withUpOptions(new Command('install')),
        'install and start the service, with the options given here',
        install,
      ),
    )
    .addCommand(does(named('uninstall'), 'stop the service and remove it; the device stays', uninstall))
    .addCommand(does(named('status'), 'tell whether the service is installed and runs', status));
};

/** How this system keeps the service of a data directory. */
/** @param mode whether it is said that the daemon is of another release */
export const managerOf = (options: ServiceOptions, mode: 'noting' | 'silent' = 'noting') => {
  const { printer, hostOptions, components, environment } = commandContext(options, mode);
  const dataDir = resolve(hostOptions.dataDir);
  const { name, manager } = serviceOf(dataDir, environment, upArguments(dataDir, options));
  return { printer, components, dataDir, name, manager };
};

const install = async (given: ServiceOptions): Promise<ExitCode> => {
  const options = await withUnattendedKey(given);
  const { printer, components, dataDir, name, manager } = managerOf(options);
  makeDataDirectory(dataDir);
  const isOwn = existsSync(manager.file);
  // Another daemon would keep the service from starting; its own is started anew.
  if (!isOwn && (await isDaemonRunning(dataDir, components))) throw new DaemonRunningError(dataDir);
  if (isOwn) await runAll(manager.uninstall);
  writeDescription(manager);
  const problem = await runAll(manager.install);
  printer.result(
    { event: 'serviceInstalled', name, kind: manager.kind, file: manager.file, isStarted: problem === null, problem },
    problem === null
      ? `The service ${name} is installed (${manager.file}) and started.`
      : `The service ${name} is written to ${manager.file}, but was not started: ${problem}`,
  );
  if (problem === null && manager.advice !== null) printer.note(manager.advice);
  return problem === null ? EXIT_CODES.done : EXIT_CODES.failed;
};

/** A device that the service is to make keeps its key where it opens without a login. @throws KeyNeedsLoginError */
const withUnattendedKey = async (options: ServiceOptions): Promise<ServiceOptions> => {
  const { hostOptions, components } = commandContext(options);
  checkDataDirectory(hostOptions.dataDir);
  const { keyKindOf } = await import('@bowline/host');
  const stored = keyKindOf(hostOptions.dataDir, components.logger);
  const key = options.key ?? 'file';
  requireUnattendedKey(stored ?? key);
  return stored === undefined ? { ...options, key } : options;
};

const uninstall = async (options: ServiceOptions): Promise<ExitCode> => {
  const { printer, name, manager } = managerOf(options);
  const wasInstalled = existsSync(manager.file);
  const problem = wasInstalled ? await runAll(manager.uninstall) : null;
  rmSync(manager.file, { force: true });
  if (wasInstalled) await runAll(manager.afterwards);
  printer.result(
    { event: 'serviceUninstalled', name, kind: manager.kind, file: manager.file, wasInstalled, problem },
    wasInstalled ? `The service ${name} is removed.` : `There is no service ${name}.`,
  );
  if (problem !== null) printer.note(`It could not be stopped: ${problem}`);
  return EXIT_CODES.done;
};

const status = async (options: ServiceOptions): Promise<ExitCode> => {
  const { printer, components, dataDir, name, manager } = managerOf(options);
  const isInstalled = existsSync(manager.file);
  const problem = isInstalled ? await runSystemCommand(manager.status) : null;
  const isRunning = await isDaemonRunning(dataDir, components);
  printer.result(
    { event: 'serviceStatus', name, kind: manager.kind, file: manager.file, isInstalled, isRunning, problem },
    [
      isInstalled ? `The service ${name} is installed (${manager.file})` : `There is no service ${name}`,
      isRunning ? 'a daemon runs.' : 'no daemon runs.',
    ].join('; '),
  );
  if (problem !== null) printer.note(`The system says of the service: ${problem}`);
  return isInstalled ? EXIT_CODES.done : EXIT_CODES.notFound;
};

/** Runs them one after the other until one fails; `null` when none did. */
const runAll = async (commands: readonly SystemCommand[]): Promise<string | null> => {
  for (const command of commands) {
    const problem = await runSystemCommand(command);
    if (problem !== null) return problem;
  }
  return null;
};

/** What stands in it is run: nobody else may have a hand in where it lies. @throws ServiceFolderError */
const writeDescription = ({ file, text, encoding }: ServiceManager): void => {
  makeFolder(dirname(file));
  const problem = untrustedPartIn(file, ownUserId());
  if (problem !== null) throw new ServiceFolderError(file, problem);
  rmSync(file, { force: true });
  writeFileSync(file, text, { encoding, mode: 0o600, flag: 'wx' });
};
