import { brandAs, type DeviceId, type SocketAddress } from '@bowline/contracts';
import { expect, it } from 'vitest';
import { eventJson, statusJson } from '../src/output/json-form.ts';

it('a message of bytes is printed as base64', () => {
  const message = { event: 'message.received', from: brandAs<DeviceId>('d-2'), fromName: 'phone' } as const;
  expect(eventJson({ ...message, text: null, bytes: Uint8Array.of(1, 2, 255) })).toEqual({
    ...message,
    text: null,
    bytesBase64: 'AQL/',
  });
  expect(eventJson({ ...message, text: 'hi', bytes: null })).toMatchObject({ text: 'hi', bytesBase64: null });
});

it('moments of the status are printed as ISO 8601', () => {
  const observed = [
    { address: brandAs<SocketAddress>('198.51.100.1:5000'), by: brandAs<DeviceId>('d-2'), atMs: 1_767_225_600_000 },
  ] as const;
  const peer = {
    id: brandAs<DeviceId>('d-2'),
    name: 'phone',
    state: 'offline',
    path: null,
    relay: null,
    rttMs: null,
  } as const;
  const status = statusJson({
    device: { id: brandAs('d-1'), endpointId: brandAs('aa'), name: 'nas' },
    relays: [],
    network: { observed, nat: 'unknown', addressDiscovery: null },
    peers: [
      { ...peer, sinceMs: 0 },
      { ...peer, sinceMs: null },
    ],
    workers: [],
  });
  expect(status).toMatchObject({
    network: { observed: [{ at: '2026-01-01T00:00:00.000Z' }] },
    peers: [{ since: '1970-01-01T00:00:00.000Z' }, { since: null }],
  });
});
