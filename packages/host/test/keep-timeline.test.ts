import { brandAs, type RelayUrl, type TimelineRecord } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { keepTimeline } from '../src/wiring/keep-timeline.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const phone = peerDevice(2);
const about = { deviceId: phone.id, name: phone.name };
const direct = { kind: 'direct', remoteAddress: null, rttMs: null } as const;
const relayed = { kind: 'relay', remoteAddress: null, rttMs: null } as const;

const kept = async (answers: Parameters<typeof scriptedSystem>[0] = {}) => {
  const scripted = scriptedSystem({ 'persistence.lastRun': () => ({ atMs: null }), ...answers });
  await scripted.peers.adopt(phone);
  const keeper = keepTimeline(scripted.system);
  await settle();
  const batches = () =>
    scripted
      .inputsOf('persistence.appendTimeline')
      .map((input) => (input as { readonly records: readonly TimelineRecord[] }).records);
  return { ...scripted, keeper, batches };
};

describe('the timeline', () => {
  it('begins with how long this device had not run', async () => {
    const { batches, clock } = await kept({ 'persistence.lastRun': () => ({ atMs: 1 }) });
    expect(batches()).toEqual([[expect.objectContaining({ kind: 'host.started', durationMs: clock.nowMs() - 1 })]]);
  });

  it('is written together, a second after the first line, with how long everything lasted', async () => {
    const { system, clock, batches } = await kept();
    system.hub.tell({ event: 'device.connected', ...about, path: relayed });
    await clock.advance(400);
    system.hub.tell({ event: 'device.pathChanged', ...about, path: direct });
    await clock.advance(500);
    expect(batches()).toHaveLength(1);
    await clock.advance(200);
    system.hub.tell({ event: 'device.disconnected', ...about, reason: 'notResponding' });
    await clock.advance(1_000);
    const [, first, second] = batches();
    expect(first).toMatchObject([
      { kind: 'device.connected', path: 'relay', durationMs: null },
      { kind: 'path.changed', path: 'direct', cause: 'upgradedToDirect', durationMs: 400 },
    ]);
    expect(second).toMatchObject([{ kind: 'device.disconnected', cause: 'notResponding', durationMs: 700 }]);
  });

  it('tells of another home relay, and not of one that stays while those standing by change', async () => {
    const { system, clock, batches } = await kept();
    const home = brandAs<RelayUrl>('https://home.example/');
    system.hub.tell({ event: 'relay.homeChanged', homeRelayUrl: home, previous: null, reason: 'the only one' });
    system.hub.tell({ event: 'relay.homeChanged', homeRelayUrl: home, previous: home, reason: 'it stays' });
    await clock.advance(1_000);
    expect(batches().at(-1)).toMatchObject([{ kind: 'route.changed', relay: home, cause: 'the only one' }]);
  });

  it('says at times that this device runs, when nothing else happens', async () => {
    const { clock, batches } = await kept();
    await clock.advance(300_000);
    expect(batches().slice(1)).toEqual([[]]);
  });

  it('ends with a line, at once', async () => {
    const { keeper, batches } = await kept();
    await keeper.end();
    expect(batches().at(-1)).toMatchObject([{ kind: 'host.stopped' }]);
  });

  it('loses lines, and nothing else, while the store takes none', async () => {
    const { system, clock, keeper } = await kept({
      'persistence.appendTimeline': () => Promise.reject(new Error('disk full')),
    });
    system.hub.tell({ event: 'network.changed', cause: 'wake' });
    await clock.advance(1_000);
    await keeper.end();
  });
});
