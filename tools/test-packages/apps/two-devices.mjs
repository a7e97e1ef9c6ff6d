// What an app does, in JavaScript: two devices in one program pair over loopback, exchange a message, and choose the relay
// that the first argument of the program names.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @param more options for both devices, such as `workers` and `placement` */
export const twoDevices = async ({ createHost, BowlineError }, more = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-app-'));
  const device = (name) =>
    createHost({ dataDir: join(folder, name), name, relay: 'disabled', bind: ['127.0.0.1'], key: 'file', ...more });
  const laptop = device('laptop');
  const phone = device('phone');
  try {
    await Promise.all([laptop.start(), phone.start()]);
    const offer = await laptop.pair({ policy: 'accept' });
    const joining = await phone.join(offer.ticket);
    const { device: found } = await joining.paired;
    const received = new Promise((resolve) => laptop.on('message.received', ({ text }) => resolve(text)));
    await phone.send(found.id, 'hello');
    const text = await received;
    // Its round trip is measured by a job of the pool, in a thread unless everything is inline.
    const [answer] = await phone.setRelays({ urls: [process.argv[2]] });
    const placements = Object.fromEntries(
      (await phone.status()).workers.map(({ name, placement }) => [name, placement]),
    );
    // What the inspector's page is answered with; a bundle has none unless it brings it along.
    let page;
    try {
      page = (await fetch((await laptop.inspector()).url)).status;
    } catch (error) {
      page = error.code ?? String(error);
    }
    let refusal;
    try {
      createHost({ dataDir: folder, nmae: 'x' });
    } catch (error) {
      refusal = error instanceof BowlineError ? error.code : String(error);
    }
    return { text, rttMs: answer.rttMs, problem: answer.problem, placements, page, refusal };
  } finally {
    await Promise.all([laptop.stop(), phone.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Prints the result as the one line the test reads. */
export const report = (result) => process.stdout.write(`RESULT ${JSON.stringify(result)}\n`);
