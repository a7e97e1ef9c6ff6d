import { NOBODY_ENDPOINT_ID } from '@bowline/contracts';
import { expect, it } from 'vitest';
import type { ChildCommand, Line } from '../src/demo/child-command.ts';
import { followEvents, isConnected, pairDevices, type TestDevice, testDevice, testRelay } from './two-devices.ts';

/** What tells how a device is; everything else that is told meanwhile is about relays, workers and the network. */
const OF_DEVICES = new Set(['device.connected', 'device.disconnected', 'device.renamed', 'device.removed']);

/** Reasons for which a device may be lost that says nothing before it goes; `superseded`: it was back before its loss was noticed. */
const WITHOUT_A_WORD = ['notResponding', 'connectionLost', 'superseded'];

/** Resolves once so many events of that name were told, from the first on. */
const told = (events: ChildCommand, name: string, count: number): Promise<Line> => {
  // A line may be looked at more than once.
  const seen = new Set<Line>();
  return events.line((line) => {
    if (line.event !== name) return false;
    seen.add(line);
    return [...seen][count - 1] === line;
  });
};

const killEndpoint = async (device: TestDevice): Promise<void> => {
  const { workers } = await device.status();
  const pid = workers.find(({ name }) => name === 'endpoint')?.pid;
  if (typeof pid !== 'number') throw new Error('the endpoint has no process');
  process.kill(pid, 'SIGKILL');
};

it('a device is told as it comes and goes: everything that happens, once, in order, with name and reason', async () => {
  const relay = await testRelay();
  const options = ['--relay', relay.url];
  const [laptop, nas] = [testDevice('laptop', options), testDevice('nas', options)];
  await Promise.all([laptop.up(), nas.up()]);
  const events = followEvents(laptop);
  // It says nothing until something is told, so that is made to happen until it is seen to follow.
  for (let tries = 0; events.lines().length === 0; tries += 1) {
    await laptop.run(tries % 2 === 0 ? 'block' : 'unblock', NOBODY_ENDPOINT_ID);
  }
  await pairDevices(nas, laptop);
  await Promise.all([told(events, 'device.connected', 1), nas.statusWhere(isConnected)]);

  await nas.daemon().end();
  await told(events, 'device.disconnected', 1);
  await nas.up();
  await told(events, 'device.connected', 2);

  nas.daemon().process.kill('SIGKILL');
  await nas.daemon().exitCode();
  await nas.up();
  await told(events, 'device.connected', 3);

  await killEndpoint(nas);
  await told(events, 'device.connected', 4);
  await killEndpoint(laptop);
  await told(events, 'device.connected', 5);

  await laptop.run('rename', 'nas', 'box');
  await told(events, 'device.renamed', 1);
  await nas.statusWhere(isConnected);
  await nas.run('unpair', 'laptop', '--yes');
  await told(events, 'device.removed', 1);

  const { id } = (await nas.status()).device;
  await events.end();
  const followed = (await events.allLines()).filter(({ event }) => OF_DEVICES.has(String(event)));
  const away = (name: string, reasons: readonly string[]) => ({
    event: 'device.disconnected',
    name,
    reason: expect.toSatisfy((reason: string) => reasons.includes(reason)),
  });
  const back = { event: 'device.connected', name: 'nas' };
  expect(followed).toMatchObject([
    back,
    away('nas', ['goodbye']),
    back,
    // Its endpoint's process says goodbye when the daemon is gone, if it comes to it.
    away('nas', ['goodbye', ...WITHOUT_A_WORD]),
    back,
    away('nas', WITHOUT_A_WORD),
    back,
    away('nas', ['endpointLost', ...WITHOUT_A_WORD]),
    back,
    { event: 'device.renamed', name: 'box' },
    away('box', ['unpaired']),
    { event: 'device.removed', name: 'box', by: 'peer' },
  ]);
  expect(new Set(followed.map(({ deviceId }) => deviceId))).toEqual(new Set([id]));

  // The journal keeps one coming and going a minute, each as it was told.
  const { lines } = await laptop.run('events');
  const kept = lines.filter(({ event }) => OF_DEVICES.has(String(event)));
  const keyOf = ({ event, deviceId, name, reason, by }: Line): string =>
    JSON.stringify([event, deviceId, event === 'device.renamed' ? name : null, reason ?? null, by ?? null]);
  let at = 0;
  for (const line of kept) {
    at = followed.findIndex((each, index) => index >= at && keyOf(each) === keyOf(line)) + 1;
    expect(at, `${String(line.event)} was not told`).toBeGreaterThan(0);
  }
  expect(kept.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['device.connected', 'device.disconnected', 'device.renamed', 'device.removed']),
  );
});
