import { brandAs, type EndpointId } from '@bowline/contracts';
import { expect, it } from 'vitest';
import {
  MAX_OBSERVERS,
  MAX_OBSERVERS_BYTES,
  type ObserverEndpoint,
  readObservers,
  writeObservers,
} from '../src/index.ts';

const endpointId = brandAs<EndpointId>('ab'.repeat(32));
const observer: ObserverEndpoint = { endpointId, port: 65_535 };

it('the longest list is read as it was written', () => {
  const observers = Array.from({ length: MAX_OBSERVERS }, () => observer);
  const text = writeObservers(observers);
  expect(text.length).toBeLessThan(MAX_OBSERVERS_BYTES);
  expect(readObservers(text)).toEqual(observers);
});

it('fields of a later relay are left out', () => {
  const text = JSON.stringify({ version: 1, observers: [{ ...observer, since: 2 }], region: 'x' });
  expect(readObservers(text)).toEqual([observer]);
});

it.each([
  ['a page', '<html>'],
  ['another version', JSON.stringify({ version: 2, observers: [observer] })],
  ['no endpoint id', JSON.stringify({ version: 1, observers: [{ ...observer, endpointId: 'x' }] })],
  ['no port', JSON.stringify({ version: 1, observers: [{ ...observer, port: 0 }] })],
  ['too many', JSON.stringify({ version: 1, observers: Array.from({ length: MAX_OBSERVERS + 1 }, () => observer) })],
  ['null', 'null'],
])('%s is no list', (_what, text) => {
  expect(readObservers(text)).toBeUndefined();
});
