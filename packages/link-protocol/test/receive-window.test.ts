import { describe, expect, it } from 'vitest';
import { receiveWindow } from '../src/index.ts';

const at = (incarnation: number, sequence: number) => ({ incarnation, sequence });

describe('receive window', () => {
  it('delivers once', () => {
    const window = receiveWindow(null);
    expect(window.receive(at(1, 1), 1)).toBe('deliver');
    expect(window.receive(at(1, 1), 1)).toBe('repeat');
    expect(window.receive(at(1, 2), 1)).toBe('deliver');
  });

  it('drops what was journaled before a restart', () => {
    const window = receiveWindow(at(3, 5));
    expect(window.receive(at(3, 5), 1)).toBe('repeat');
    expect(window.receive(at(3, 6), 1)).toBe('deliver');
  });

  it('begins anew with a new incarnation of the sender', () => {
    const window = receiveWindow(at(3, 5));
    expect(window.receive(at(4, 1), 1)).toBe('deliver');
    expect(window.report()).toEqual({ received: at(3, 5), heard: at(4, 1) });
  });

  it('accepts a gap: the sender numbers above what an earlier run of it had sent', () => {
    const window = receiveWindow(at(1, 5));
    expect(window.receive(at(1, 9), 1)).toBe('deliver');
  });

  it('reports what is journaled apart from what was heard', () => {
    const window = receiveWindow(null);
    window.receive(at(1, 1), 1);
    window.receive(at(1, 2), 1);
    expect(window.acknowledge(at(1, 1))).toBe(true);
    expect(window.acknowledge(at(1, 1))).toBe(false);
    expect(window.report()).toEqual({ received: at(1, 1), heard: at(1, 2) });
    expect(window.journaled).toEqual(at(1, 1));
  });

  it('takes the host at its word when it has journaled more than was delivered in this run', () => {
    const window = receiveWindow(null);
    expect(window.acknowledge(at(1, 4))).toBe(true);
    expect(window.receive(at(1, 4), 1)).toBe('repeat');
  });

  it('refuses more than an honest sender leaves unacknowledged, until the journal has caught up', () => {
    const window = receiveWindow(null, { maxMessages: 2, maxBytes: 10 });
    expect(window.receive(at(1, 1), 6)).toBe('deliver');
    expect(window.receive(at(1, 2), 6)).toBe('overrun');
    expect(window.receive(at(1, 2), 4)).toBe('deliver');
    expect(window.receive(at(1, 3), 0)).toBe('overrun');
    window.acknowledge(at(1, 1));
    expect(window.receive(at(1, 3), 6)).toBe('deliver');
  });
});
