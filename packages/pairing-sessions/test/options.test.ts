import { pairingSessionsChannel } from '@bowline/contracts';
import { actorHarness, settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import {
  JoinUnderWayError,
  PAIRING_SESSIONS_DEFAULTS,
  PairingBusyError,
  PairingNotReadyError,
  type PairingSessionsOptions,
  pairingSessionsWorker,
  resolvePairingSessionsOptions,
} from '../src/index.ts';

describe('options', () => {
  it('have defaults', () => {
    expect(resolvePairingSessionsOptions()).toEqual(PAIRING_SESSIONS_DEFAULTS);
  });

  const fields = Object.keys(PAIRING_SESSIONS_DEFAULTS).filter((field) => field !== 'delays') as Exclude<
    keyof PairingSessionsOptions,
    'delays'
  >[];

  it.each(fields)('refuse a bad %s by name', (field) => {
    for (const value of [-1, 1.5, Number.NaN, 10_000_000]) {
      expect(() => resolvePairingSessionsOptions({ [field]: value })).toThrow(field);
    }
  });

  it('refuse a bad delay by name', () => {
    expect(() => resolvePairingSessionsOptions({ delays: { decisionMs: 0 } })).toThrow('decisionMs');
  });
});

describe('errors', () => {
  it('say what to do', () => {
    expect(new JoinUnderWayError()).toMatchObject({ code: 'JOIN_UNDER_WAY', retryable: true });
    expect(new PairingBusyError('codes', 8)).toMatchObject({ code: 'PAIRING_BUSY', retryable: true });
    expect(new PairingNotReadyError()).toMatchObject({ code: 'PAIRING_NOT_READY', retryable: true });
  });
});

describe('a worker alone', () => {
  it('makes no code after it has stopped, although it was asked before', async () => {
    const { actor, client, clock, told } = actorHarness((components) =>
      pairingSessionsWorker.create(undefined, components),
    );
    await actor.start();
    const offer = client.request('offer', { ttlMs: 60_000, policy: 'accept' });
    const refused = expect(offer).rejects.toMatchObject({ code: 'PAIRING_STOPPED' });
    await settle();
    await actor.stop();
    await client.request('presentSelf', {
      endpointId: 'aa'.repeat(32) as never,
      port: 1,
      card: { name: 'alone', platform: 'linux' },
      relayUrls: [],
      directAddresses: [],
      meetingRelayUrls: [],
    });
    await refused;
    expect([told, clock.pendingTimerCount]).toEqual([[], 0]);
  });

  it('reads codes, and says why nobody can be reached', async () => {
    const { actor, client, clock, toldOf } = actorHarness((components) =>
      pairingSessionsWorker.create(undefined, components),
    );
    await actor.start();
    expect(pairingSessionsWorker.channel).toBe(pairingSessionsChannel);
    const offer = client.request('offer', { ttlMs: 60_000, policy: 'accept' });
    const refused = expect(offer).rejects.toMatchObject({ code: 'PAIRING_NOT_READY' });
    await clock.advance(5_000);
    await refused;
    await client.request('presentSelf', {
      endpointId: 'aa'.repeat(32) as never,
      port: 1,
      card: { name: 'alone', platform: 'linux' },
      relayUrls: [],
      directAddresses: [],
      meetingRelayUrls: [],
    });
    const { words, sessionId } = await client.request('offer', { ttlMs: 60_000, policy: 'accept' });
    expect(words.split(' ')).toHaveLength(12);
    await client.request('cancel', { sessionId });
    await client.request('join', {
      sessionId: 'one' as never,
      code: 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
      policy: 'accept',
    });
    await settle();
    expect(toldOf('pairing.failed').map(({ code }) => code)).toEqual(['CANCELLED', 'NOBODY_FOUND']);
    const reason = 'the source is not working on this device';
    expect(toldOf('pairing.failed')[1]?.attempts).toEqual([{ via: 'detached', reason }]);
    await actor.stop();
  });
});
