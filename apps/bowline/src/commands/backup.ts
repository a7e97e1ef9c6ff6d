import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { NothingEnteredError, WrongUseError } from '../errors.ts';
import { byteCount } from '../output/byte-count.ts';
import { table } from '../output/table.ts';
import { localTime } from '../output/times.ts';

interface RestoreOptions extends DeviceOptions {
  readonly yes?: boolean;
}

export const backupCommand = (): Command =>
  new Command('backup')
    .description("list and restore backups of a device's store")
    .addCommand(withDeviceOptions(new Command('list')).description('list the backups, newest first').action(list), {
      isDefault: true,
    })
    .addCommand(
      withDeviceOptions(new Command('restore'))
        .description('put a backup in the place of the store; the device must not run')
        .argument('<name>', 'a backup, as listed')
        .option('--yes', 'do not ask')
        .action(restore),
    );

const list = async (options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions } = commandContext(options);
  const { backupsOf } = await import('@bowline/host');
  const backups = backupsOf(hostOptions.dataDir);
  for (const backup of backups) printer.result({ event: 'backup', ...backup }, null);
  if (backups.length === 0) printer.note('There is no backup yet; one is made each day that the device runs.');
  else if (!printer.isJson) {
    const rows = backups.map(({ name, madeAtMs, sizeBytes }) => [name, localTime(madeAtMs), byteCount(sizeBytes)]);
    printer.result({}, table(rows));
  }
};

const restore = async (name: string, options: RestoreOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  if (options.yes !== true) await askForConsent(name);
  const { restoreDevice } = await import('@bowline/host');
  const { endpointId, deviceCount } = await restoreDevice(hostOptions, name, components);
  printer.result(
    { event: 'restored', name, endpointId, deviceCount },
    `Restored ${name}: ${deviceCount} paired ${deviceCount === 1 ? 'device' : 'devices'}. What it replaced is kept as store.db.replaced.`,
  );
};

/** What is lost must be wanted. */
const askForConsent = async (name: string): Promise<void> => {
  if (!process.stdin.isTTY) throw new WrongUseError('To restore without being asked, give --yes.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const question =
    `Everything since ${name} goes: devices paired since then are unknown, those unpaired since then are paired ` +
    'again, and messages since then are gone. Restore it? [y/N] ';
  try {
    if (!/^y(es)?$/i.test((await terminal.question(question)).trim())) throw new NothingEnteredError();
  } finally {
    terminal.close();
  }
};
