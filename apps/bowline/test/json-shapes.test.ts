import {
  brandAs,
  type DeviceId,
  type EndpointId,
  HOST_EVENT_NAMES,
  type HostEvent,
  type HostStatus,
} from '@bowline/contracts';
import { describe, expect, it, test } from 'vitest';
import type { z } from 'zod';
import { journalSentence, knownFrom } from '../src/output/journal-sentence.ts';
import { eventJson, journalJson, statusJson } from '../src/output/json-shapes.ts';
import { COMMAND_OUTPUTS } from '../src/output/output-schemas.ts';
import { eventSentence } from '../src/output/sentences.ts';
import { stillStatus } from '../src/output/still-status.ts';

const phone = {
  id: brandAs<DeviceId>('d-0123456789abcdef'),
  endpointId: brandAs<EndpointId>('ab'.repeat(32)),
  name: 'phone',
};
const about = { deviceId: phone.id, name: phone.name };

/** Events and what the host keeps of them in its journal. */
const KEPT: readonly (readonly [HostEvent, Readonly<Record<string, unknown>>])[] = [
  [
    {
      event: 'pairing.completed',
      sessionId: brandAs('s'),
      role: 'joiner',
      device: phone,
      isRenewed: false,
      authenticationString: '123456',
      via: 'mdns',
      path: 'direct',
      elapsedMs: 12,
      discoveredMs: 3,
    },
    { role: 'joiner', via: 'mdns', path: 'direct', isRenewed: false },
  ],
  [
    { event: 'message.received', from: phone.id, fromName: 'phone', text: 'hi', bytes: null },
    { text: 'hi', bytesBase64: null, sizeBytes: 2 },
  ],
  [
    { event: 'message.received', from: phone.id, fromName: 'phone', text: null, bytes: Uint8Array.of(255, 254) },
    { text: null, bytesBase64: '//4=', sizeBytes: 2 },
  ],
  [
    { event: 'device.connected', ...about, path: { kind: 'relay', remoteAddress: null, rttMs: 2.71499 } },
    { path: 'relay', remoteAddress: null, rttMs: 2.71 },
  ],
  [{ event: 'device.disconnected', ...about, reason: 'goodbye' }, { reason: 'goodbye' }],
  [
    { event: 'device.removed', ...about, by: 'peer' },
    { name: 'phone', by: 'peer' },
  ],
  [{ event: 'device.renamed', ...about }, { name: 'phone' }],
];

describe('an event', () => {
  it.each(KEPT)('is printed from the journal as it was live: $event', (event, data) => {
    const live = eventJson({ ...event, atMs: 5 });
    const entry = { position: 7, atMs: 5, event: event.event, deviceId: phone.id, data };
    expect(journalJson(entry, [phone])).toEqual({ ...live, position: 7 });
    const schema = COMMAND_OUTPUTS.events?.find(
      ({ shape }) => (shape.event as z.ZodType).safeParse(event.event).success,
    );
    expect(schema?.parse(live)).toEqual(live);
  });

  it.each(KEPT)('reads the same from the journal as it did live: $event', (event, data) => {
    const entry = { position: 7, atMs: 5, event: event.event, deviceId: phone.id, data };
    expect(journalSentence(entry, [phone])).toBe(eventSentence(event));
  });

  it('with a long message reads as its beginning, and how long it was', () => {
    const entry = { position: 7, atMs: 5, event: 'message.received', deviceId: phone.id };
    const cut = { text: 'a\nb', bytesBase64: null, sizeBytes: 2_000 };
    expect(journalSentence({ ...entry, data: cut }, [phone])).toBe('phone: a\\nb… (2000 bytes)');
    const bytes = { text: null, bytesBase64: null, sizeBytes: 2_000 };
    expect(journalSentence({ ...entry, data: bytes }, [phone])).toBe('phone: (2000 bytes that are no text)');
  });

  it('of a device that is gone is told by the name it had, or by its id', () => {
    const entry = { position: 7, atMs: 5, event: 'device.connected', deviceId: phone.id, data: { path: 'direct' } };
    const removal = {
      position: 8,
      atMs: 6,
      event: 'device.removed',
      deviceId: phone.id,
      data: { name: 'tablet', by: 'us' },
    };
    expect(journalSentence(entry, knownFrom([entry, removal], []))).toBe('tablet connected directly');
    expect(journalSentence(entry, knownFrom([entry, removal], [phone]))).toBe('phone connected directly');
    expect(journalSentence(entry, knownFrom([entry], []))).toBe('d-0123456789abcdef connected directly');
  });

  it('of another Bowline is named as it is', () => {
    const entry = { position: 7, atMs: 5, event: 'device.painted', deviceId: phone.id, data: {} };
    expect(journalSentence(entry, [phone])).toBe('device.painted: phone');
  });

  it('of a device that is gone has its id, and no name', () => {
    const entry = {
      position: 7,
      atMs: 5,
      event: 'message.received',
      deviceId: phone.id,
      data: { text: 'a', bytesBase64: null },
    };
    expect(journalJson(entry, [])).toMatchObject({ deviceId: phone.id, name: null });
  });
});

test('every event of the host is described', () => {
  const described = (COMMAND_OUTPUTS.events ?? []).map(({ shape }) => (shape.event as z.ZodLiteral).value);
  expect(new Set(described)).toEqual(new Set(Object.keys(HOST_EVENT_NAMES)));
});

test('a status has every time in milliseconds, and round trips in hundredths', () => {
  const status: HostStatus = {
    device: phone,
    relays: [
      { url: brandAs('https://r/'), state: 'connected', rttMs: 7.312709750002796, role: 'home', downReason: null },
    ],
    homeReason: 'it is the only one',
    network: {
      families: ['ipv4'],
      observed: [{ address: brandAs('192.0.2.1:1'), by: phone.id, atMs: 1_000 }],
      nat: 'unknown',
      addressDiscovery: null,
      openedPort: { address: brandAs('203.0.113.7:5000'), isClosed: true, reason: '' },
      tcp: { reach: 'private', listeningAt: [brandAs('192.168.1.2:5000')] },
      mdns: { state: 'failing', problem: { code: 'portTaken', reason: 'Taken', remedy: 'free it' } },
    },
    store: { key: 'file', problem: null },
    inbox: { count: 0, bytes: 0 },
    peers: [
      {
        id: phone.id,
        name: 'phone',
        state: 'offline',
        path: null,
        relay: null,
        waiting: { count: 0, bytes: 0 },
        heldBack: null,
        rttMs: null,
        tcp: null,
        tcpAbsence: null,
        bytes: {
          sinceMs: 1_500,
          direct: { sentBytes: 1, receivedBytes: 2 },
          relayed: { sentBytes: 3, receivedBytes: 4 },
        },
        sinceMs: 2_000,
      },
    ],
    workers: [],
  };
  const json = statusJson(status);
  expect(json).toMatchObject({
    relays: [{ rttMs: 7.31 }],
    network: { observed: [{ seenAtMs: 1_000 }] },
    peers: [{ sinceAtMs: 2_000, bytes: { sinceAtMs: 1_500, relayed: { sentBytes: 3, receivedBytes: 4 } } }],
  });
  expect(COMMAND_OUTPUTS.status?.[0]?.parse(json)).toEqual(json);
  const [offline] = status.peers;
  if (offline === undefined) throw new Error('there is a phone');
  const carried = { sinceMs: 1_500, direct: { sentBytes: 9, receivedBytes: 9 }, relayed: offline.bytes.relayed };
  const later = { ...status, peers: [{ ...offline, bytes: carried }] };
  expect(statusJson(stillStatus(later))).toEqual(statusJson(stillStatus(status)));
  expect(statusJson(stillStatus({ ...later, peers: [{ ...offline, state: 'connecting' }] }))).not.toEqual(
    statusJson(stillStatus(status)),
  );
});
