import { interruptAt, keychainInFile, silentLogger as logger } from './interrupted-process.ts';

// Changes the key of the data directory named first to the kind named second, and kills itself before the step named third.
const [dataDir = '', kind = '', step = '0', keychainFile = '', passphrase = ''] = process.argv.slice(2);
interruptAt(Number(step));
const { changeStoreKey } = await import('../../src/key/change-store-key.ts');
const { systemClock, systemRandom } = await import('@bowline/system-ports');
const key = { appKey: new Uint8Array(32).fill(9), passphrase };
await changeStoreKey(
  dataDir,
  { ...key, kind: kind as 'file' },
  { clock: systemClock, random: systemRandom, logger, key, keychain: keychainInFile(keychainFile) },
);
