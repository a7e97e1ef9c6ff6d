import { describe, expect, it } from 'vitest';
import { childCommand } from '../src/demo/child-command.ts';
import { isConnected, pairDevices, temporaryFolder, testDevice } from './two-devices.ts';

const FAMILY = '👩\u200d👩\u200d👧';

describe('names', () => {
  it('are the same after pairing, listing, sending, renaming and blocking, however they are typed', {
    timeout: 240_000,
  }, async () => {
    const folder = temporaryFolder();
    const options = ['--relay', 'disabled'];
    const laptop = testDevice('laptop', [...options, '--name', `Café ${FAMILY}`], folder);
    const phone = testDevice('phone', [...options, '--name', 'می\u200cخواهم'], folder);
    await Promise.all([laptop.up(), phone.up()]);
    await pairDevices(laptop, phone);
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));

    expect((await phone.run('devices')).lines).toMatchObject([{ devices: [{ name: `Café ${FAMILY}` }] }]);
    expect((await phone.run('send', `cafe\u0301 ${FAMILY}`, 'hello')).lines).toMatchObject([{ delivered: true }]);
    expect((await laptop.run('send', 'میخواهم', 'سلام')).lines).toMatchObject([{ delivered: true }]);

    const renamed = await phone.run('rename', `CAFÉ ${FAMILY}`, `Office’s ${FAMILY.repeat(20)}`);
    expect(renamed.lines).toMatchObject([{ event: 'renamed', device: { name: `Office’s ${FAMILY.repeat(11)}` } }]);
    expect((await phone.run('ping', `office's ${FAMILY.repeat(11)}`, '-c', '1')).exitCode).toBe(0);

    const { lines: journal } = await laptop.run('events', '--last', '20');
    expect(journal.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['pairing.completed', 'device.connected', 'message.received']),
    );
    expect(journal.find(({ event }) => event === 'message.received')).toMatchObject({ name: 'می\u200cخواهم' });
    expect((await phone.run('events')).lines.map(({ event }) => event)).toContain('device.renamed');

    const verified = (await phone.run('verify', `office's ${FAMILY.repeat(11)}`, '--mark')).lines[0];
    expect(verified).toMatchObject({ event: 'verify', comparedAtMs: expect.any(Number) });
    const { lines: seenThere } = await laptop.run('verify', 'میخواهم');
    expect(seenThere).toMatchObject([{ digits: verified?.digits, comparedAtMs: null }]);
    await phone.run('note', `office's ${FAMILY.repeat(11)}`, 'in', 'the hall');
    await phone.run('rename', '--self', 'Handy');
    await phone.run('permissions', `office's ${FAMILY.repeat(11)}`, '--through-relays', 'deny');
    expect((await phone.run('devices')).lines).toMatchObject([
      {
        devices: [
          {
            note: 'in the hall',
            comparedAtMs: verified?.comparedAtMs,
            permissions: { relay: 'deny' },
            services: [],
          },
        ],
      },
    ]);
    expect((await phone.run('status')).lines).toMatchObject([{ device: { name: 'Handy' } }]);

    // By that name it is blocked, and found among those who are.
    const name = `Office’s ${FAMILY.repeat(11)}`;
    const { lines: listed } = await phone.run('devices');
    const { id, endpointId } = (listed[0]!.devices as { id: string; endpointId: string }[])[0]!;
    expect((await phone.run('block', `office's ${FAMILY.repeat(11)}`)).lines).toMatchObject([
      { event: 'blocked', device: { id, name } },
    ]);
    expect((await phone.run('unpair', name)).exitCode).toBe(3);
    expect((await phone.run('blocked')).lines).toMatchObject([{ event: 'blocked', device: { id, name } }]);
    expect((await phone.run('events')).lines.map(({ event }) => event)).toContain('device.blocked');
    expect((await phone.run('unblock', name)).lines).toMatchObject([{ event: 'unblocked', device: { id, name } }]);
    expect((await phone.run('block', endpointId)).lines).toMatchObject([{ device: { id, name: null } }]);
    expect((await phone.run('unblock', endpointId)).exitCode).toBe(0);
    expect((await phone.run('unblock', endpointId)).exitCode).toBe(3);
  });
});

it('status --watch goes on, and shows what changes', { timeout: 240_000 }, async () => {
  const device = testDevice('laptop', ['--relay', 'disabled']);
  await device.up();
  await using watching = childCommand(['status', '--watch', '--data-dir', device.dataDir]);
  expect(await watching.line(({ event }) => event === 'status')).toMatchObject({ peers: [] });
  const joining = testDevice('phone', ['--relay', 'disabled']);
  await joining.up();
  await pairDevices(device, joining);
  const connected = await watching.line(({ peers }) => JSON.stringify(peers).includes('"connected"'));
  expect(connected.peers).toMatchObject([{ name: 'phone' }]);
});
