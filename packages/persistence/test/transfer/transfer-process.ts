import { interruptAt, keychainInFile, silentLogger as logger } from '../key/interrupted-process.ts';

// Exports (and retires) or imports the data directory, and kills itself before the step named third.
const [what = '', dataDir = '', step = '0', file = '', passphrase = '', keychainFile = ''] = process.argv.slice(2);
interruptAt(Number(step));
const { exportStore } = await import('../../src/transfer/export-store.ts');
const { importStore } = await import('../../src/transfer/import-store.ts');
const { systemClock, systemRandom } = await import('@bowline/system-ports');
const components = { clock: systemClock, random: systemRandom, logger, keychain: keychainInFile(keychainFile) };
if (what === 'export') await exportStore(dataDir, { file, passphrase, retires: true }, components);
else await importStore(dataDir, { file, passphrase }, { ...components, key: { kind: 'keychain' } });
