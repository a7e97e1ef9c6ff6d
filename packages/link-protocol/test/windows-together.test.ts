import type { MessagePosition } from '@bowline/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePositions, receiveWindow, sendWindow } from '../src/index.ts';

/**
 * A model of two devices with a lossy connection between them: what is sent may be cut off at any point, the receiver
 * journals late and may restart from its journal, and the sender's actor may restart within its incarnation.
 */
const simulate = (steps: readonly string[]) => {
  let sender = sendWindow();
  let receiver = receiveWindow(null);
  let journaledPosition: MessagePosition | null = null;
  const journal: number[] = [];
  let undecided: { position: MessagePosition; value: number }[] = [];
  let wire: { sequence: number; payload: Uint8Array }[] = [];
  let accepted = 0;
  const lostWithSender = new Set<number>();
  const settled = new Set<number>();
  const values = new Map<number, number>();

  const journalOne = (): void => {
    const next = undecided.shift();
    if (next === undefined) return;
    // As the store does: a position journaled before is not written again.
    if (comparePositions(next.position, journaledPosition) > 0) {
      journaledPosition = next.position;
      journal.push(next.value);
    }
    receiver.acknowledge(next.position);
    const result = sender.acknowledge(next.position);
    if (result === 'violation') throw new Error('violation');
    for (const { ticket } of result) settled.add(values.get(ticket) ?? -1);
  };
  const arrive = (): void => {
    const message = wire.shift();
    if (message === undefined) return;
    const position = { incarnation: 1, sequence: message.sequence };
    if (receiver.receive(position, message.payload.length) === 'deliver') {
      undecided.push({ position, value: new DataView(message.payload.buffer).getUint32(0) });
    }
  };
  const reconnect = (): void => {
    wire = [];
    for (const { ticket } of sender.resume(1, receiver.report())) settled.add(values.get(ticket) ?? -1);
  };
  const actions: Record<string, () => void> = {
    add: () => {
      const payload = new Uint8Array(4);
      new DataView(payload.buffer).setUint32(0, accepted);
      const result = sender.add(payload);
      if (result.outcome === 'added') values.set(result.ticket, accepted);
      accepted += 1;
    },
    send: () => {
      const message = sender.next();
      if (message !== null) wire.push({ sequence: message.sequence, payload: message.payload.slice() });
    },
    arrive,
    journal: journalOne,
    cut: reconnect,
    receiverRestarts: () => {
      receiver = receiveWindow(journaledPosition);
      undecided = [];
      reconnect();
    },
    senderRestarts: () => {
      for (const ticket of sender.clear()) lostWithSender.add(values.get(ticket) ?? -1);
      values.clear();
      sender = sendWindow();
      reconnect();
    },
  };
  reconnect();
  for (const step of steps) actions[step]?.();
  // In the end everything gets through.
  reconnect();
  for (let round = 0; round < steps.length + 1; round += 1)
    for (const step of ['send', 'arrive', 'journal']) actions[step]?.();
  return { journal, accepted, lostWithSender, settled, left: sender.count };
};

const steps = fc.array(
  fc.constantFrom(
    'add',
    'add',
    'send',
    'send',
    'arrive',
    'arrive',
    'journal',
    'cut',
    'receiverRestarts',
    'senderRestarts',
  ),
  { maxLength: 120 },
);

describe('send and receive window together', () => {
  it('journal every message once and in order, whatever is cut or restarted', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const { journal, accepted, lostWithSender, settled, left } = simulate(taken);
        expect(journal).toEqual([...new Set(journal)].sort((a, b) => a - b));
        const missing = Array.from({ length: accepted }, (_, value) => value).filter(
          (value) => !journal.includes(value),
        );
        expect(missing.every((value) => lostWithSender.has(value))).toBe(true);
        expect([...settled].every((value) => journal.includes(value))).toBe(true);
        expect(left).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
