import type { MachineSession, MachineTransition } from '@bowline/contracts';
import { Command } from 'commander';
import { aborted, commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { type DaemonClient, useDaemon } from '../daemon/daemon-client.ts';
import type { Printer } from '../output/printer.ts';
import { localTime } from '../output/times.ts';
import { visibleText } from '../output/visible-text.ts';

interface MachinesOptions extends DeviceOptions {
  readonly follow?: boolean;
}

export const machinesCommand = (): Command =>
  withDeviceOptions(new Command('machines'))
    .description('where the state machines of this device stand; with --follow, also how they move from now on')
    .option('--follow', 'stay and print every transition as it happens')
    .action(machines);

const machines = async (options: MachinesOptions): Promise<void> => {
  await (options.follow === true ? follow(options) : show(options));
};

const show = async (options: MachinesOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  await using daemon = await useDaemon(hostOptions.dataDir, components);
  await printSessions(daemon, printer);
};

const printSessions = async ({ channel }: DaemonClient, printer: Printer): Promise<void> => {
  const { sessions } = await channel.request('machines', {});
  for (const session of sessions) {
    printer.result({ event: 'session', ...session }, visibleText(sessionLine(session)));
  }
};

const follow = async (options: MachinesOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const signal = interruption();
  await using daemon = await useDaemon(hostOptions.dataDir, components);
  const cancel = daemon.channel.on('machine.moved', (transition) => {
    printer.result({ event: 'transition', ...transition }, visibleText(transitionLine(transition)));
  });
  await daemon.channel.request('watchMachines', { isWatched: true });
  await printSessions(daemon, printer);
  await Promise.race([aborted(signal), daemon.channel.closed]);
  cancel();
};

const sessionLine = ({ machine, session, state }: MachineSession): string => `${machine}  ${session}  ${state}`;

const transitionLine = ({ machine, session, from, to, by, atMs }: MachineTransition): string =>
  `${localTime(atMs)}  ${machine}  ${session}  ${from ?? '(new)'} → ${to}  (${by})`;
