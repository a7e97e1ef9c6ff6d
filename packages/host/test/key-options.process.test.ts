import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock, memoryLogger, seededRandom } from '@bowline/testing';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { changeKey, createHost, type HostOptions, type KeyOptions, keyKindOf, openStoredDevice } from '../src/index.ts';
import { resolveKeyOptions, storeKeyOptions } from '../src/key-options.ts';
import { machineComponents } from '../src/machine-components.ts';
import { resolveHostOptions } from '../src/options.ts';
import { openStore } from '../src/parts.ts';

const PASSPHRASE = 'correct horse battery staple';
const APP_KEY = new Uint8Array(32).fill(5);

const components = () => ({
  ...machineComponents(),
  clock: fakeClock(),
  random: seededRandom(4),
  logger: memoryLogger(),
  networkInterfaces: () => ({}),
});

let dataDir: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-key-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  dataDir = join(folder, 'device');
});

/** Makes a device, without starting a host. */
const make = async (key: HostOptions['key']): Promise<string> => {
  const ports = components();
  const store = await openStore(resolveHostOptions({ dataDir, key: key ?? 'file', placement: 'inline' }), ports);
  await store.start();
  const { endpointId } = await store.client.request('openIdentity', { defaultName: 'Laptop' });
  await store.stop();
  return endpointId;
};

describe('the option "key"', () => {
  it.each([
    [{ kind: 'disk' }, 'key.kind'],
    [{ knd: 'file' }, 'key.knd'],
    [{ passphrase: 'a passphrase' }, 'key.passphrase'],
    [{ appKey: APP_KEY }, 'key.appKey'],
    ['disk', 'key.kind'],
    [7, 'key'],
  ])('refuses %j, naming the field and no secret', (key, option) => {
    const refused = () => createHost({ dataDir, key: key as KeyOptions });
    expect(refused).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', data: expect.objectContaining({ option }) }),
    );
    expect(refused).toThrow(expect.not.objectContaining({ message: expect.stringContaining('a passphrase') }));
  });

  it('asks for the secret that is needed, and for no other', async () => {
    const asked: string[] = [];
    const key = (kind?: 'passphrase' | 'app' | 'file') =>
      resolveKeyOptions({
        ...(kind === undefined ? {} : { kind }),
        passphrase: ({ isNew }) => {
          asked.push(isNew ? 'new passphrase' : 'passphrase');
          return PASSPHRASE;
        },
        appKey: () => {
          asked.push('app key');
          return APP_KEY;
        },
      });
    const { logger } = components();
    expect(await storeKeyOptions({ dataDir, key: key() }, logger)).toMatchObject({
      kind: 'auto',
      passphrase: null,
      appKey: null,
    });
    expect(await storeKeyOptions({ dataDir, key: key('file') }, logger)).toMatchObject({
      kind: 'file',
      passphrase: null,
    });
    expect(asked).toEqual([]);
    expect(await storeKeyOptions({ dataDir, key: key('passphrase') }, logger)).toMatchObject({
      passphrase: PASSPHRASE,
    });
    await make({ kind: 'app', appKey: () => APP_KEY });
    // The device that is there says what it needs, whatever a new one would have.
    expect(await storeKeyOptions({ dataDir, key: key('passphrase') }, logger)).toMatchObject({ appKey: APP_KEY });
    expect(asked).toEqual(['new passphrase', 'app key']);
  });

  it('opens a device with the key its app keeps, and changes it to another way', async () => {
    const appKey = async () => APP_KEY;
    const endpointId = await make({ kind: 'app', appKey });
    const options = { dataDir, placement: 'inline' } as const;
    await expect(openStoredDevice(options, components())).rejects.toMatchObject({ code: 'APP_KEY_NEEDED' });
    const other = { ...options, key: { appKey: () => new Uint8Array(32) } };
    await expect(openStoredDevice(other, components())).rejects.toMatchObject({ code: 'WRONG_APP_KEY' });
    const changed = await changeKey({ ...options, key: { appKey } }, { kind: 'file' }, components());
    expect(changed).toMatchObject({ kind: 'file', previous: 'app' });
    expect(keyKindOf(dataDir, memoryLogger())).toBe('file');
    expect(await make('file')).toBe(endpointId);
    await expect(changeKey(options, { kind: 'passphrase' }, components())).rejects.toMatchObject({
      code: 'PASSPHRASE_NEEDED',
    });
  });

  it('takes no key of an app that is not 32 bytes', async () => {
    await expect(make({ kind: 'app', appKey: () => new Uint8Array(16) })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });
});
