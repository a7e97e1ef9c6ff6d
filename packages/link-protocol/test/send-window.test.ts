import { describe, expect, it } from 'vitest';
import { type AddResult, MAX_MESSAGE_BYTES, type MessageTicket, type SendWindow, sendWindow } from '../src/index.ts';

const NOTHING = { received: null, heard: null };
const openWindow = (): SendWindow => {
  const window = sendWindow();
  window.resume(5, NOTHING);
  return window;
};
const payload = (sizeBytes = 1, fill = 0): Uint8Array => new Uint8Array(sizeBytes).fill(fill);
const ticketOf = (result: AddResult): MessageTicket => {
  if (result.outcome !== 'added') throw new Error(result.outcome);
  return result.ticket;
};
const sequences = (window: SendWindow): number[] => {
  const sent: number[] = [];
  for (let message = window.next(); message !== null; message = window.next()) sent.push(message.sequence);
  return sent;
};

describe('send window', () => {
  it('numbers messages from 1 when they are first put on the wire', () => {
    const window = openWindow();
    window.add(payload(1, 1));
    window.add(payload(1, 2));
    expect(window.next()).toEqual({ sequence: 1, payload: payload(1, 1), messageId: null });
    expect(window.next()).toEqual({ sequence: 2, payload: payload(1, 2), messageId: null });
    expect(window.next()).toBeNull();
  });

  it('takes a copy of the payload', () => {
    const window = openWindow();
    const mine = payload(1, 1);
    window.add(mine);
    mine.fill(9);
    expect(window.next()?.payload).toEqual(payload(1, 1));
  });

  it('resends in order what the peer has not journaled, and settles what it has', () => {
    const window = openWindow();
    const tickets = [1, 2, 3].map(() => ticketOf(window.add(payload())));
    sequences(window);
    expect(
      window.resume(5, { received: { incarnation: 5, sequence: 1 }, heard: { incarnation: 5, sequence: 3 } }),
    ).toEqual([{ ticket: tickets[0], position: { incarnation: 5, sequence: 1 } }]);
    expect(sequences(window)).toEqual([2, 3]);
  });

  it('resends everything to a peer that has journaled another incarnation', () => {
    const window = openWindow();
    window.add(payload());
    sequences(window);
    expect(
      window.resume(5, { received: { incarnation: 4, sequence: 90 }, heard: { incarnation: 4, sequence: 99 } }),
    ).toEqual([]);
    expect(sequences(window)).toEqual([1]);
  });

  it('numbers above what the peer has heard from an earlier run of this actor', () => {
    const window = openWindow();
    window.add(payload());
    window.resume(5, { received: { incarnation: 5, sequence: 7 }, heard: { incarnation: 5, sequence: 9 } });
    expect(sequences(window)).toEqual([10]);
  });

  it('acknowledges cumulatively, ignores repeats and other incarnations', () => {
    const window = openWindow();
    const tickets = [1, 2, 3].map(() => ticketOf(window.add(payload())));
    sequences(window);
    expect(window.acknowledge({ incarnation: 4, sequence: 2 })).toEqual([]);
    const settled = window.acknowledge({ incarnation: 5, sequence: 2 });
    expect(settled).not.toBe('violation');
    expect(settled === 'violation' ? [] : settled.map(({ ticket }) => ticket)).toEqual(tickets.slice(0, 2));
    expect(window.acknowledge({ incarnation: 5, sequence: 1 })).toEqual([]);
    expect(window.count).toBe(1);
    expect(window.sizeBytes).toBe(1);
  });

  it('settles a message that is not resent yet, and goes on behind it', () => {
    const window = openWindow();
    for (let count = 0; count < 3; count += 1) window.add(payload());
    sequences(window);
    window.resume(5, NOTHING);
    window.acknowledge({ incarnation: 5, sequence: 2 });
    expect(sequences(window)).toEqual([3]);
  });

  it('calls an acknowledgement of what was never sent a violation', () => {
    const window = openWindow();
    window.add(payload());
    expect(window.acknowledge({ incarnation: 5, sequence: 1 })).toBe('violation');
  });

  it('gives back a message that was never on the wire, and no other', () => {
    const window = openWindow();
    const first = ticketOf(window.add(payload()));
    const second = ticketOf(window.add(payload(10)));
    window.next();
    expect(window.withdraw(first)).toBe(false);
    expect(window.withdraw(second)).toBe(true);
    expect(window.withdraw(second)).toBe(false);
    expect(window.next()).toBeNull();
    expect(window.sizeBytes).toBe(1);
    window.add(payload());
    expect(sequences(window)).toEqual([2]);
  });

  it('holds 1,000 messages or 4 MiB, acknowledged ones excepted', () => {
    const window = openWindow();
    for (let count = 0; count < 1_000; count += 1) expect(window.add(payload(0)).outcome).toBe('added');
    expect(window.add(payload(0)).outcome).toBe('full');
    sequences(window);
    window.acknowledge({ incarnation: 5, sequence: 1_000 });
    for (let count = 0; count < 16; count += 1) expect(window.add(payload(MAX_MESSAGE_BYTES)).outcome).toBe('added');
    expect(window.add(payload(1)).outcome).toBe('full');
    expect(window.add(payload(0)).outcome).toBe('added');
  });

  it('refuses a message above 256 KiB', () => {
    expect(sendWindow().add(payload(MAX_MESSAGE_BYTES + 1)).outcome).toBe('tooLarge');
  });

  it('keeps the bytes in flight within their bound, but lets one message travel', () => {
    const window = sendWindow({ maxMessages: 9, maxBytes: 1_000, maxBytesInFlight: 100 });
    window.resume(5, NOTHING);
    for (const sizeBytes of [150, 60, 60]) window.add(payload(sizeBytes));
    expect(sequences(window)).toEqual([1]);
    window.acknowledge({ incarnation: 5, sequence: 1 });
    expect(sequences(window)).toEqual([2]);
    window.acknowledge({ incarnation: 5, sequence: 2 });
    expect(sequences(window)).toEqual([3]);
  });

  it('is empty after clear, and goes on counting', () => {
    const window = sendWindow();
    const first = ticketOf(window.add(payload()));
    window.next();
    const second = ticketOf(window.add(payload()));
    expect(window.clear()).toEqual([first, second]);
    expect([window.count, window.sizeBytes]).toEqual([0, 0]);
    window.add(payload());
    expect(sequences(window)).toEqual([2]);
  });
});

describe('a device that goes on in a later incarnation', () => {
  it('settles what was stored of the one before, and numbers the rest anew', () => {
    const window = sendWindow();
    window.resume(5, { received: null, heard: null });
    for (const byte of [1, 2, 3]) window.add(Uint8Array.of(byte));
    expect([window.next(), window.next()].map((message) => message?.sequence)).toEqual([1, 2]);
    const before = { incarnation: 5, sequence: 1 };
    expect(window.resume(9, { received: before, heard: { incarnation: 5, sequence: 2 } })).toMatchObject([
      { position: before },
    ]);
    expect([window.next(), window.next()]).toMatchObject([
      { sequence: 1, payload: Uint8Array.of(2) },
      { sequence: 2, payload: Uint8Array.of(3) },
    ]);
    expect(window.acknowledge({ incarnation: 5, sequence: 2 })).toEqual([]);
    expect(window.acknowledge({ incarnation: 9, sequence: 2 })).toHaveLength(2);
  });
});
