import { describe, expect, it } from 'vitest';
import { directBytes } from '../src/direct-bytes.ts';

const of = (udpTxBytes: number, udpRxBytes: number) => ({ udpTxBytes, udpRxBytes });
const relay = (id: string, sent: number, received: number) => ({ id, isRelay: true, stats: of(sent, received) });
const direct = (id: string, sent: number, received: number) => ({ id, isRelay: false, stats: of(sent, received) });

describe('the direct bytes of a connection', () => {
  it('are what did not go through the relay', () => {
    const bytes = directBytes();
    bytes.notePaths([relay('0', 1_000, 200), direct('1', 50, 60)]);
    expect(bytes.count(of(1_050, 260))).toEqual({ sentBytes: 50, receivedBytes: 60 });
  });

  it('hold what paths carried that are gone, seen or not', () => {
    const bytes = directBytes();
    bytes.notePaths([direct('1', 50, 60)]);
    bytes.notePaths([]);
    expect(bytes.count(of(90, 100))).toEqual({ sentBytes: 90, receivedBytes: 100 });
  });

  it('do not come to hold what went through a relay path that is gone, or through one after it', () => {
    const bytes = directBytes();
    bytes.notePaths([relay('0', 1_000, 200)]);
    bytes.notePaths([relay('2', 10, 20), direct('1', 5, 6)]);
    bytes.notePaths([direct('1', 7, 8)]);
    expect(bytes.count(of(1_017, 228))).toEqual({ sentBytes: 7, receivedBytes: 8 });
  });

  it('never become fewer, whichever was counted first', () => {
    const bytes = directBytes();
    bytes.notePaths([direct('1', 50, 60)]);
    bytes.count(of(50, 60));
    bytes.notePaths([relay('0', 100, 100), direct('1', 50, 60)]);
    expect(bytes.count(of(140, 150))).toEqual({ sentBytes: 50, receivedBytes: 60 });
  });
});
