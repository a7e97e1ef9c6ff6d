import { existsSync, realpathSync } from 'node:fs';
import type { DeviceCheck } from '@bowline/contracts';
import { runSystemCommand } from '../service/run-system-command.ts';
import type { ServiceManager, SystemCommand } from '../service/service-manager.ts';

/** Longest wait for the system's manager, milliseconds: it answers at once, or hangs. */
const ANSWER_MS = 5_000;

/** What asks the system; a test answers itself. */
interface ServiceCheckComponents {
  /** @returns `null` when it succeeded, or what went wrong */
  readonly run: (command: SystemCommand) => Promise<string | null>;
}

const SYSTEM: ServiceCheckComponents = { run: (command) => runSystemCommand(command, ANSWER_MS) };

/** What systemd says of a unit that does not run (`systemctl is-active`), in words. */
const STATES: Readonly<Record<string, string>> = {
  failed: 'it has failed',
  inactive: 'it is stopped',
  deactivating: 'it is being stopped',
  activating: 'it is being started, or waits to be started anew',
};

/** What is said where a session has no way to its user's manager, as after `su` and in many containers. */
const NO_MANAGER = /\bbus\b|DBUS|XDG_RUNTIME_DIR|not been booted with systemd|there is no /i;

/**
 * The system's service that starts the daemon: whether it is there, and what the system says of it.
 *
 * @param own the command that the person types
 */
export const serviceCheck = async (
  { file, status }: Pick<ServiceManager, 'file' | 'status'>,
  own: string,
  { run }: ServiceCheckComponents = SYSTEM,
): Promise<DeviceCheck> => {
  const name = 'service';
  if (!existsSync(file)) {
    return { name, result: 'skipped', sentence: 'No service starts it with the system.', remedy: null };
  }
  // What systemd makes of a unit that is masked.
  if (realpathSync(file) === '/dev/null') {
    const sentence = 'The service is masked, so that the system never starts it.';
    return {
      name,
      result: 'warning',
      sentence,
      remedy: `Take that back with "systemctl --user unmask ${status.at(-1)}".`,
    };
  }
  const problem = await run(status);
  const installed = 'The service that starts it with the system is installed';
  if (problem === null) return { name, result: 'ok', sentence: `${installed}.`, remedy: null };
  if (NO_MANAGER.test(problem)) {
    const sentence = `${installed}; whether it runs is not known, because nothing here can be asked about services (${problem}).`;
    return { name, result: 'skipped', sentence, remedy: null };
  }
  const remedy = `"${own} logs" tells what it said last, and "${own} service install" starts it anew; a daemon that was started otherwise is to be ended before ("${own} down").`;
  return {
    name,
    result: 'warning',
    sentence: `${installed}, and ${STATES[problem] ?? `the system says of it: ${problem}`}.`,
    remedy,
  };
};
