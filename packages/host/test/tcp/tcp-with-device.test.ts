import { brandAs, type ConnectionPath, type LinkStatus, type TcpAbsence, type TcpLinkStatus } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { type TcpSources, tcpWithDevice } from '../../src/tcp/tcp-with-device.ts';
import { peerDevice } from '../scripted-system.ts';

const device = peerDevice(2);
const DIRECT: ConnectionPath = { kind: 'direct', remoteAddress: brandAs('192.168.1.7:41'), rttMs: 1 };

const link = { deviceId: device.id, state: 'connected', path: DIRECT, sinceMs: 1_000 } as LinkStatus;
const of = (fields: Partial<TcpLinkStatus>): TcpSources['tcp'] => ({
  listeningAt: [],
  connections: [],
  links: [{ deviceId: device.id, isDiallable: true, lastAttempt: null, lastFailure: null, ...fields }],
});
const SILENT: TcpSources['tcp'] = { listeningAt: [], connections: [], links: [] };
const peer = { device, path: DIRECT, knowsTcp: true };

const sources = (fields: Partial<TcpSources>): TcpSources => ({
  peer,
  link,
  tcp: of({}),
  isTcpOn: true,
  nowMs: 1_000,
  ...fields,
});

describe('why streams that carry much use QUIC', () => {
  it.each<[TcpAbsence | null, string, Partial<TcpSources>]>([
    [null, 'is of no interest while there is no link', { link: { ...link, state: 'offline' } }],
    ['offHere', 'is that TCP is off here', { isTcpOn: false }],
    ['relayed', 'is that packets go through a relay', { link: { ...link, path: { ...DIRECT, kind: 'relay' } } }],
    ['offThere', 'is that the other one says it has none', { peer: { ...peer, knowsTcp: false } }],
    [null, 'is not known before it has said', { peer: { ...peer, knowsTcp: null }, tcp: SILENT, nowMs: 5_999 }],
    ['offThere', 'is that it never says so', { peer: { ...peer, knowsTcp: null }, nowMs: 6_000 }],
    [null, 'is not known while nobody keeps TCP', { tcp: null }],
    ['notNeeded', 'is that it was not needed', { tcp: of({}) }],
    ['notNeeded', 'is that it is not needed any more', { tcp: of({ lastAttempt: 'stood', isDiallable: false }) }],
    ['noSharedNetwork', 'is that there is nowhere to dial', { tcp: of({ isDiallable: false }) }],
    ['noSharedNetwork', 'is that neither can dial', { tcp: of({ isDiallable: false, lastAttempt: 'failed' }) }],
    ['blocked', 'is that nothing answers', { tcp: of({ lastAttempt: 'failed' }) }],
    ['lost', 'is that it broke', { tcp: of({ lastAttempt: 'lost' }) }],
  ])('%s %s', (tcpAbsence, _, fields) => {
    expect(tcpWithDevice(sources(fields))).toMatchObject({ tcp: null, tcpAbsence });
  });
});
