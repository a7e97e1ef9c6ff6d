import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { daemonLogFile } from '../background/daemon-log.ts';
import { runningProgram } from '../background/running-program.ts';
import type { Environment } from '../env.ts';
import { ownUserId } from '../trust/untrusted-part.ts';
import { type ServiceManager, serviceManager, serviceName } from './service-manager.ts';

/** The service of a data directory on this system. @param upArguments what it is to run, where it is to be installed */
export const serviceOf = (
  dataDir: string,
  { usualDataDir, user }: Environment,
  upArguments: readonly string[] = [],
): { readonly name: string; readonly manager: ServiceManager } => {
  const { platform } = process;
  const folder = resolve(dataDir);
  const name = serviceName(folder, usualDataDir, platform);
  const plan = { name, program: runningProgram(), upArguments, dataDir: folder, logFile: daemonLogFile(folder) };
  return { name, manager: serviceManager(plan, { platform, id: ownUserId(), ...user }) };
};

/** Whether the system starts this device by itself. */
export const isServiceInstalled = (dataDir: string, environment: Environment): boolean =>
  existsSync(serviceOf(dataDir, environment).manager.file);
