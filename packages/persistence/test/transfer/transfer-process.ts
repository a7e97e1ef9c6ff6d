import type { Logger } from '@bowline/contracts';
import { interruptAt, keychainInFile } from '../key/interrupted-process.ts';

// Exports (and retires) or imports the data directory, and kills itself before the step named third.
const [what = '', dataDir = '', step = '0', file = '', passphrase = '', keychainFile = ''] = process.argv.slice(2);
interruptAt(Number(step));
const { exportDevice } = await import('../../src/transfer/export-device.ts');
const { importDevice } = await import('../../src/transfer/import-device.ts');
const { systemClock, systemRandom } = await import('@bowline/system-ports');
const silent = (): void => undefined;
const logger: Logger = {
  error: silent,
  warn: silent,
  info: silent,
  debug: silent,
  trace: silent,
  child: () => logger,
};
const components = { clock: systemClock, random: systemRandom, logger, keychain: keychainInFile(keychainFile) };
if (what === 'export') await exportDevice(dataDir, { file, passphrase, retires: true }, components);
else await importDevice(dataDir, { file, passphrase }, { ...components, key: { kind: 'keychain' } });
