import { comparePositions } from '@bowline/link-protocol';
import { settle } from '@bowline/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Device, twoDevices } from './two-devices.ts';

const STEPS = [
  'send',
  'send',
  'sendBack',
  'wait',
  'dial',
  'dialBack',
  'dialBoth',
  'cut',
  'block',
  'unblock',
  'crash',
  'restart',
  'hold',
  'journal',
] as const;
type Step = (typeof STEPS)[number];

/**
 * `high` receives and may restart; `low` sends throughout its life. Messages the other way run beside them and may be
 * lost with a restart of their sender, but are never repeated or out of order.
 */
const live = async (steps: readonly Step[]) => {
  const devices = await twoDevices();
  const { low, high, clock, network } = devices;
  const pending: Promise<unknown>[] = [];
  let count = 0;
  let backCount = 0;
  const dial = (one: Device, other: Device): void => {
    pending.push(one.connect(other, { timeoutMs: 3_000 }).catch(() => undefined));
  };
  const actions: Record<Step, () => void | Promise<void>> = {
    send: () => {
      pending.push(low.send(high, `${count}`).catch(() => undefined));
      count += 1;
    },
    sendBack: () => {
      pending.push(high.send(low, `${backCount}`).catch(() => undefined));
      backCount += 1;
    },
    wait: () => clock.advance(700),
    dial: () => dial(low, high),
    dialBack: () => dial(high, low),
    dialBoth: () => {
      dial(low, high);
      dial(high, low);
    },
    cut: () => network.cut(low.endpointId, high.endpointId),
    block: () => network.block(low.endpointId, high.endpointId),
    unblock: () => network.unblock(low.endpointId, high.endpointId),
    crash: async () => {
      low.endpoint.crash();
      await low.harness.client.request('dropAll', {});
      await low.bind([high]);
    },
    restart: () => high.restart(true),
    hold: () => {
      high.holdsJournal = true;
    },
    journal: async () => {
      high.holdsJournal = false;
      await high.journalHeld();
    },
  };
  for (const step of steps) {
    await actions[step]();
    await settle();
  }
  await actions.unblock();
  await actions.journal();
  for (let round = 0; round < 3; round += 1) {
    await clock.advance(12_000);
    dial(low, high);
    await clock.advance(1_000);
  }
  await Promise.all(pending);
  return { ...devices, count, backCount };
};

const rising = (journal: readonly string[]): boolean =>
  journal.every((text, index) => index === 0 || Number(text) > Number(journal[index - 1]));

/** What each life of the actor told is new: repeats are for the journal of a later life only. */
const tellsOnce = (device: Device): boolean =>
  device.lives.every((life) =>
    life
      .toldOf('message.received')
      .every(
        ({ position }, index, all) => index === 0 || comparePositions(position, all[index - 1]?.position ?? null) > 0,
      ),
  );

const alternates = (device: Device): boolean => {
  const turns = device.events().filter((event) => event === 'link.up' || event.startsWith('link.down'));
  return turns.every((event, index) => event.startsWith(index % 2 === 0 ? 'link.up' : 'link.down'));
};

describe('links under random faults', () => {
  it('deliver every message once and in order, and tell up and down in turn', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...STEPS), { minLength: 10, maxLength: 60, size: 'max' }),
        async (steps) => {
          const { low, high, network, count, backCount } = await live(steps);
          expect(high.journal).toEqual(Array.from({ length: count }, (_, index) => `${index}`));
          expect(rising(low.journal)).toBe(true);
          expect(low.journal.length).toBeLessThanOrEqual(backCount);
          expect(alternates(low) && alternates(high)).toBe(true);
          expect(tellsOnce(low) && tellsOnce(high)).toBe(true);
          expect(network.openConnectionCount).toBe(1);
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});
