/**
 * The smallest host app: two devices in one program, paired with twelve words over the loopback interface, with no
 * relay and nothing beyond this machine. A real app has one `createHost` and keeps its data directory.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from 'bowline';

const folder = mkdtempSync(join(tmpdir(), 'bowline-example-'));
// These devices are gone with their folder: the keychain, where keys are kept otherwise, would keep theirs.
const device = (name: string) =>
  createHost({ dataDir: join(folder, name), name, relay: 'disabled', bind: ['127.0.0.1'], key: 'file' });

{
  await using laptop = device('laptop');
  await using phone = device('phone');
  await Promise.all([laptop.start(), phone.start()]);

  const offer = await laptop.pair({ policy: 'accept' });
  const joining = await phone.join(offer.words);
  const { device: found, via, elapsedMs } = await joining.paired;
  console.log(`phone paired with ${found.name} (found by ${via}) in ${elapsedMs} ms`);

  const received = new Promise<string | null>((resolve) => {
    laptop.on('message.received', ({ text }) => resolve(text));
  });
  await phone.send(found.id, 'hello');
  console.log(`laptop received: ${await received}`);
}

rmSync(folder, { recursive: true });
