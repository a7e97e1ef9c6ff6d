import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { childCommand, type Line } from '../../src/demo/child-command.ts';
import { expectDocumented } from '../support/documented-output.ts';
import { isConnected, pairDevices, temporaryFolder, testDevice } from '../two-devices.ts';

const PASSPHRASE = 'correct horse battery staple';

it('a device moves to another folder with its pairing, and its old place starts no more', {
  timeout: 150_000,
}, async () => {
  const folder = temporaryFolder();
  const passphrase = join(folder, 'passphrase');
  writeFileSync(passphrase, `${PASSPHRASE}\n`, { mode: 0o600 });
  const byDescriptor = ['bash', '-c', `exec "$@" 3< ${passphrase}`, 'with-descriptor'];
  const run = async (
    args: readonly string[],
  ): Promise<{ readonly last: Line; readonly exitCode: number; readonly said: string }> => {
    const command = childCommand([...args, '--relay', 'disabled'], byDescriptor);
    let said = '';
    command.process.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    const lines = await command.allLines();
    for (const line of lines) expectDocumented(args, line);
    return { last: lines.at(-1) ?? {}, exitCode: await command.exitCode(), said: said + JSON.stringify(lines) };
  };
  const [laptop, nas] = [
    testDevice('laptop', ['--relay', 'disabled'], folder),
    testDevice('nas', ['--relay', 'disabled'], folder),
  ];
  const { device } = (await laptop.up()) as { readonly device: Line };
  await nas.up();
  await pairDevices(laptop, nas);
  const at = ['--data-dir', laptop.dataDir];
  const file = join(folder, 'laptop.bowline');
  const fd = ['--export-passphrase-fd', '3'];

  const busy = await run(['export', file, ...at, ...fd, '--retire']);
  expect(busy.last).toMatchObject({ error: { code: 'STORE_LOCKED' } });
  expect(existsSync(file)).toBe(false);
  await laptop.daemon().end();
  // Which of the two lives on is not guessed.
  expect((await run(['export', file, ...at, ...fd])).last).toMatchObject({ error: { code: 'WRONG_USE' } });
  expect((await run(['export', file, ...at, '--retire'])).last).toMatchObject({ error: { code: 'PASSPHRASE_NEEDED' } });
  const exported = await run(['export', file, ...at, ...fd, '--retire']);
  expect(exported.last).toEqual({
    event: 'exported',
    file,
    endpointId: device.endpointId,
    deviceCount: 1,
    isRetired: true,
  });
  const again = await run(['up', ...at]);
  expect(again).toMatchObject({ exitCode: 4, last: { error: { code: 'DEVICE_RETIRED' } } });

  const moved = testDevice('moved', ['--relay', 'disabled'], folder);
  const there = ['--data-dir', moved.dataDir];
  const imported = await run(['import', file, ...there, ...fd]);
  expect(imported.last).toEqual({ event: 'imported', device, deviceCount: 1, key: 'file' });
  expect((await run(['import', file, ...there, ...fd])).last).toMatchObject({ error: { code: 'DEVICE_PRESENT' } });
  rmSync(laptop.dataDir, { recursive: true });
  await moved.up();
  await moved.statusWhere(isConnected);
  for (const text of [exported.said, imported.said, readFileSync(file, 'latin1')])
    expect(text).not.toContain(PASSPHRASE);
});
