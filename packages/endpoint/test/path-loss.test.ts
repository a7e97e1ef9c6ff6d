import { expect, test } from 'vitest';
import { pathLoss } from '../src/path-loss.ts';

const counts = (udpTxDatagrams: number, lostPackets: number, remoteAddr = '10.0.0.1:5') => ({
  remoteAddr,
  stats: { udpTxDatagrams, lostPackets },
});

test('a share is told of 200 packets and more', () => {
  const loss = pathLoss();
  expect(loss.ratio).toBeNull();
  loss.note(counts(10, 5));
  expect(loss.ratio).toBeNull();
  loss.note(counts(209, 15));
  expect(loss.ratio).toBeNull();
  loss.note(counts(210, 15));
  expect(loss.ratio).toBe(0.05);
});

test('it is of the last packets, not of all', () => {
  const loss = pathLoss();
  loss.note(counts(0, 0));
  loss.note(counts(200, 100));
  expect(loss.ratio).toBe(0.5);
  loss.note(counts(399, 100));
  expect(loss.ratio).toBeCloseTo(100 / 399);
  loss.note(counts(400, 100));
  expect(loss.ratio).toBe(0);
  loss.note(counts(600, 102));
  expect(loss.ratio).toBe(0.01);
});

test('another path begins anew, and so does one whose counts do', () => {
  const loss = pathLoss();
  loss.note(counts(0, 0));
  loss.note(counts(300, 90));
  expect(loss.ratio).toBe(0.3);
  loss.note(counts(300, 90, '10.0.0.2:5'));
  expect(loss.ratio).toBeNull();
  loss.note(counts(500, 90, '10.0.0.2:5'));
  expect(loss.ratio).toBe(0);
  loss.note(counts(3, 0, '10.0.0.2:5'));
  expect(loss.ratio).toBeNull();
});

test('more lost than sent, by packets that shared a datagram, is all', () => {
  const loss = pathLoss();
  loss.note(counts(0, 0));
  loss.note(counts(200, 300));
  expect(loss.ratio).toBe(1);
});
