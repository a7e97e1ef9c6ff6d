import { describe, expect, it } from 'vitest';
import {
  followEvents,
  isConnected,
  pairDevices,
  type TestDevice,
  temporaryFolder,
  testDevice,
  testRelay,
} from './two-devices.ts';

const WAYS: readonly (readonly [string, () => Promise<readonly string[]>])[] = [
  ['through a relay', async () => ['--relay', (await testRelay()).url, '--no-mdns']],
  ['by mDNS', async () => ['--relay', 'disabled']],
];

const pidOf = async (device: TestDevice, worker: string): Promise<number> => {
  const { workers } = await device.status();
  const pid = workers.find(({ name }) => name === worker)?.pid;
  if (typeof pid !== 'number') throw new Error(`${worker} has no process`);
  return pid;
};

/** Sends until the other side has it, and checks that it arrives once, with its text. */
const expectMessage = async (from: TestDevice, to: TestDevice, text: string): Promise<void> => {
  const toId = (await to.status()).device.id;
  const events = followEvents(to);
  const { lines, exitCode } = await from.run('send', toId, text);
  expect(lines).toMatchObject([{ delivered: true }]);
  expect(exitCode).toBe(0);
  await events.end();
  const { lines: journal } = await to.run('events', '--last', '50');
  const received = journal.filter((line) => line.event === 'message.received' && line.text === text);
  expect(received).toHaveLength(1);
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.each(WAYS)('two paired devices, %s', (_way, optionsOf) => {
  const pairOfDevices = async () => {
    const options = await optionsOf();
    const folder = temporaryFolder();
    const devices = [testDevice('laptop', options, folder), testDevice('phone', options, folder)] as const;
    await Promise.all(devices.map((device) => device.up()));
    await pairDevices(...devices);
    await Promise.all(devices.map((device) => device.statusWhere(isConnected)));
    return devices;
  };

  it('exchange messages both ways', async () => {
    const [laptop, phone] = await pairOfDevices();
    const events = followEvents(phone);
    const { lines } = await laptop.run('send', 'phone', 'first');
    expect(lines).toMatchObject([{ delivered: true }]);
    await expectMessage(phone, laptop, 'second');
    await events.end();
  });

  it('are connected again after one restarts, and after both do, without a command', async () => {
    const [laptop, phone] = await pairOfDevices();
    const before = (await phone.status()).device;
    await phone.daemon().end();
    expect(await phone.daemon().exitCode()).toBe(0);
    await phone.up();
    expect((await phone.status()).device).toEqual(before);
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));

    await Promise.all([laptop.daemon().end(), phone.daemon().end()]);
    await Promise.all([laptop.up(), phone.up()]);
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));
    await expectMessage(laptop, phone, 'after both restarted');
  });

  it('recover from SIGKILL of the endpoint, with the same id', async () => {
    const [laptop, phone] = await pairOfDevices();
    const before = (await laptop.status()).device.endpointId;
    const pid = await pidOf(laptop, 'endpoint');
    process.kill(pid, 'SIGKILL');
    await laptop.statusWhere(({ workers }) =>
      workers.some((worker) => worker.name === 'endpoint' && worker.restarts >= 1 && worker.state === 'started'),
    );
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));
    expect((await laptop.status()).device.endpointId).toBe(before);
    await expectMessage(laptop, phone, 'after the endpoint was killed');
  });

  it('recover from SIGKILL of the switchboard', async () => {
    const [laptop, phone] = await pairOfDevices();
    process.kill(await pidOf(laptop, 'relay-switchboard'), 'SIGKILL');
    await laptop.statusWhere(({ workers }) =>
      workers.some((each) => each.name === 'relay-switchboard' && each.restarts >= 1 && each.state === 'started'),
    );
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));
    await expectMessage(phone, laptop, 'after the switchboard was killed');
  });

  it('recover from SIGKILL of a whole daemon; its workers end with it', async () => {
    const [laptop, phone] = await pairOfDevices();
    const workers = await Promise.all(['endpoint', 'relay-switchboard'].map((name) => pidOf(phone, name)));
    phone.daemon().process.kill('SIGKILL');
    await phone.daemon().exitCode();
    await phone.up();
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));
    await expectMessage(laptop, phone, 'after the daemon was killed');
    // Each first ends what it is connected with, which an unanswered dial of iroh makes 3 s long.
    for (const pid of workers) await expect.poll(() => isAlive(pid), { timeout: 30_000 }).toBe(false);
  });
});
