import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { checkDataDirectory, makeDataDirectory } from '../data-directory.ts';
import { NoDeviceError, NothingEnteredError, WrongUseError } from '../errors.ts';
import { descriptorArgument } from '../key/key-arguments.ts';
import { passphraseSource } from '../key/passphrase-source.ts';
import { keyPhrase } from '../output/phrases.ts';
import { shownName } from '../output/shown-name.ts';
import { isServiceInstalled } from '../service/installed-service.ts';

interface TransferOptions extends DeviceOptions {
  readonly exportPassphraseFd?: number;
}

interface ExportCommandOptions extends TransferOptions {
  readonly retire?: boolean;
  readonly keep?: boolean;
}

const FLAG = '--export-passphrase-fd';

const withFile = (command: Command): Command =>
  withDeviceOptions(command)
    .argument('<file>', 'the file of the export')
    .option(
      `${FLAG} <n>`,
      'read the passphrase of the export from this file descriptor; otherwise it is asked for',
      descriptorArgument,
    );

export const exportCommand = (): Command =>
  withFile(new Command('export'))
    .description('write the device into one encrypted file, to move it; the device must not run')
    .option('--retire', 'retire it here at the moment the file is there: it lives on where the file is imported')
    .option('--keep', 'do not retire it; a copy of it must never run beside it')
    .action(exportTo);

export const importCommand = (): Command =>
  withFile(new Command('import'))
    .description('make the device of an export here, where there is none yet')
    .action(importFrom);

const passphraseOf = (question: string, { exportPassphraseFd }: TransferOptions) =>
  passphraseSource({ descriptor: exportPassphraseFd, flag: FLAG, question });

const exportTo = async (file: string, options: ExportCommandOptions): Promise<void> => {
  const { printer, hostOptions, components, environment } = commandContext(options);
  checkDataDirectory(hostOptions.dataDir);
  const { exportDevice, hasDevice } = await import('@bowline/host');
  if (!hasDevice(hostOptions.dataDir)) throw new NoDeviceError(hostOptions.dataDir);
  const retires = await isToBeRetired(options);
  const passphrase = await passphraseOf('Passphrase for the file, at least 8 characters', options)({ isNew: true });
  const { endpointId, deviceCount } = await exportDevice(hostOptions, { file, passphrase, retires }, components);
  printer.result(
    { event: 'exported', file: resolve(file), endpointId, deviceCount, isRetired: retires },
    retires
      ? `Exported with ${deviceCount} paired devices to ${file}, and retired here. On the other machine: bowline import FILE`
      : `Exported with ${deviceCount} paired devices to ${file}.`,
  );
  if (!retires) printer.note('Never run the copy beside this device: they would displace each other everywhere.');
  else if (isServiceInstalled(hostOptions.dataDir, environment)) {
    printer.note('Its service is still installed here: bowline service uninstall');
  }
};

const importFrom = async (file: string, options: TransferOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  makeDataDirectory(hostOptions.dataDir);
  const { importDevice } = await import('@bowline/host');
  const passphrase = await passphraseOf('Passphrase of the file', options)({ isNew: false });
  const { device, deviceCount, key } = await importDevice(hostOptions, { file, passphrase }, components);
  printer.result(
    { event: 'imported', device, deviceCount, key },
    `${shownName(device.name)} (${device.id}) is here now, with ${deviceCount} paired devices. The key of its store is ${keyPhrase(key)}. Start it with: bowline up`,
  );
};

/** Two of one device displace each other, so that somebody has to say which one stays. */
const isToBeRetired = async ({ retire = false, keep = false }: ExportCommandOptions): Promise<boolean> => {
  if (retire && keep) throw new WrongUseError('--retire and --keep exclude each other; give one of them.');
  if (retire || keep) return retire;
  if (!process.stdin.isTTY) throw new WrongUseError('Say whether the device is retired here: give --retire or --keep.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const question =
    'Retire this device here, as the file takes its place elsewhere? It starts no more here then. Otherwise the file is a copy ' +
    'that must never run beside it. [y/n] ';
  try {
    const answer = (await terminal.question(question)).trim();
    if (/^y(es)?$/i.test(answer)) return true;
    if (/^no?$/i.test(answer)) return false;
    throw new NothingEnteredError();
  } finally {
    terminal.close();
  }
};
