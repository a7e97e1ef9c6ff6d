import { describe, expect, test } from 'vitest';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const { id } = peerDevice(2);
const other = peerDevice(3).id;

describe('what is learnt of a device', () => {
  test('is stored at once, and what it says afterwards once a second', async () => {
    const { system, clock, inputsOf } = scriptedSystem();
    for (let count = 1; count <= 500; count += 1) {
      system.records.note(id, { lastSeenAtMs: count });
      if (count % 50 === 0) await clock.advance(500);
    }
    await clock.advance(5_000);
    const written = inputsOf('persistence.updateDevice');
    expect(written.length).toBeLessThanOrEqual(7);
    expect(written[0]).toEqual({ deviceId: id, lastSeenAtMs: 1 });
    expect(written.at(-1)).toEqual({ deviceId: id, lastSeenAtMs: 500 });
  });

  test('is stored as a whole, and that of another does not wait for it', async () => {
    const { system, clock, inputsOf } = scriptedSystem();
    system.records.note(id, { lastSeenAtMs: 1 });
    system.records.note(id, { incarnation: 4 });
    system.records.note(id, { lastSeenAtMs: 2 });
    system.records.note(other, { lastSeenAtMs: 3 });
    expect(inputsOf('persistence.updateDevice')).toEqual([
      { deviceId: id, lastSeenAtMs: 1 },
      { deviceId: other, lastSeenAtMs: 3 },
    ]);
    await clock.advance(1_000);
    expect(inputsOf('persistence.updateDevice').at(-1)).toEqual({ deviceId: id, incarnation: 4, lastSeenAtMs: 2 });
  });

  test('is stored before the end', async () => {
    const { system, inputsOf } = scriptedSystem();
    system.records.note(id, { lastSeenAtMs: 1 });
    system.records.note(id, { lastSeenAtMs: 2 });
    await system.records.save();
    expect(inputsOf('persistence.updateDevice')).toHaveLength(2);
  });

  test('waits for a store that is being restarted', async () => {
    const answers = [
      () => {
        throw Object.assign(new Error('down'), { code: 'WORKER_DOWN' });
      },
    ];
    const { system, clock, inputsOf } = scriptedSystem({ 'persistence.updateDevice': () => answers[0]?.() });
    system.records.note(id, { lastSeenAtMs: 1, incarnation: 7 });
    await clock.advance(500);
    system.records.note(id, { lastSeenAtMs: 2 });
    await clock.advance(500);
    answers.pop();
    await clock.advance(2_000);
    expect(inputsOf('persistence.updateDevice').at(-1)).toEqual({ deviceId: id, lastSeenAtMs: 2, incarnation: 7 });
  });
});
