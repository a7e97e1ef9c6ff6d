import type { StoreKeyKind } from '@bowline/contracts';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { checkDataDirectory } from '../data-directory.ts';
import { NoDeviceError } from '../errors.ts';
import { descriptorArgument, type TypedKeyKind } from '../key/key-arguments.ts';
import { passphraseSource } from '../key/passphrase-source.ts';
import { keyPhrase } from '../output/phrases.ts';
import { isServiceInstalled } from '../service/installed-service.ts';
import { requireUnattendedKey } from '../service/unattended-key.ts';

interface ChangeOptions extends DeviceOptions {
  readonly newPassphraseFd?: number;
}

export const keyCommand = (): Command => {
  const change = (kind: TypedKeyKind, description: string): Command =>
    withDeviceOptions(new Command(kind))
      .description(`${description}; the device must not run`)
      .action((options: ChangeOptions) => changeTo(kind, options));
  return new Command('key')
    .description("tell or change how the key of a device's store is kept")
    .addCommand(withDeviceOptions(new Command('show')).description('tell how it is kept').action(show), {
      isDefault: true,
    })
    .addCommand(change('keychain', "keep it in this user's keychain"))
    .addCommand(change('file', 'keep it in a file of the data directory, which nobody else can read'))
    .addCommand(
      change('passphrase', 'keep it under a passphrase, or change the passphrase').option(
        '--new-passphrase-fd <n>',
        'read the new passphrase from this file descriptor; otherwise it is asked for',
        descriptorArgument,
      ),
    );
};

const show = async (options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const key = await storedKind(hostOptions.dataDir, components);
  printer.result({ event: 'key', key }, `The key of the store is ${keyPhrase(key)}.`);
};

const changeTo = async (kind: TypedKeyKind, options: ChangeOptions): Promise<void> => {
  const { printer, hostOptions, components, environment } = commandContext(options);
  await storedKind(hostOptions.dataDir, components);
  if (isServiceInstalled(hostOptions.dataDir, environment)) requireUnattendedKey(kind);
  const { changeKey } = await import('@bowline/host');
  const passphrase = passphraseSource({
    descriptor: options.newPassphraseFd,
    flag: '--new-passphrase-fd',
    question: 'New passphrase of this device, at least 8 characters',
  });
  const { previous, kind: key } = await changeKey(hostOptions, { kind, passphrase }, components);
  printer.result({ event: 'keyChanged', key, previous }, `The key of the store is ${keyPhrase(key)} now.`);
  if (previous !== key) {
    printer.note(
      'Copies of the data directory that were made before open as they did, if what opened them is still there.',
    );
  }
};

/** @throws NoDeviceError */
const storedKind = async (
  dataDir: string,
  { logger }: ReturnType<typeof commandContext>['components'],
): Promise<StoreKeyKind> => {
  checkDataDirectory(dataDir);
  const { keyKindOf } = await import('@bowline/host');
  const kind = keyKindOf(dataDir, logger);
  if (kind === undefined) throw new NoDeviceError(dataDir);
  return kind;
};
