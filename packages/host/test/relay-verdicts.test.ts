import { type AskedRelay, brandAs, type RelayDownReason, type RelayStatus, type RelayUrl } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { relayVerdicts } from '../src/relay-verdicts.ts';
import { scriptedSystem } from './scripted-system.ts';

const HOME = brandAs<RelayUrl>('https://home.example/');
const OTHER = brandAs<RelayUrl>('https://other.example/');
const ANSWERED: AskedRelay = { rttMs: 12.345, clockAheadMs: 0, isProxied: false, problem: null };
const failed = (reason: RelayDownReason): AskedRelay => ({
  rttMs: null,
  clockAheadMs: null,
  isProxied: false,
  problem: { reason, detail: 'what was heard' },
});

const statusOf = (url: RelayUrl, state: RelayStatus['state'], downReason: RelayDownReason | null = null) => ({
  url,
  role: 'home',
  state,
  rttMs: null,
  downReason,
});

const arrange = (probed: AskedRelay, relays: readonly object[]) => {
  const scripted = scriptedSystem({
    'switchboard.status': () => ({ relays }),
    'switchboard.askRelay': () => probed,
  });
  return { ...scripted, verdicts: relayVerdicts(scripted.system) };
};

describe('how relays answer that were just chosen', () => {
  it('is what the own connection comes to, though a question beside it fails', async () => {
    const { verdicts, tell } = arrange(failed('tls'), [statusOf(HOME, 'connecting')]);
    const answers = verdicts.answers([HOME]);
    await settle();
    tell('switchboard', 'relay.stateChanged', statusOf(HOME, 'connected'));
    expect(await answers).toEqual([{ url: HOME, rttMs: null, problem: null }]);
    verdicts.cancel();
  });

  it('is a refusal, though it answers the question', async () => {
    const { verdicts, tell } = arrange(ANSWERED, [statusOf(HOME, 'connecting')]);
    const answers = verdicts.answers([HOME]);
    await settle();
    tell('switchboard', 'relay.stateChanged', statusOf(HOME, 'down', 'auth'));
    tell('switchboard', 'relay.stateChanged', statusOf(HOME, 'connecting'));
    expect(await answers).toEqual([{ url: HOME, rttMs: null, problem: 'auth' }]);
  });

  it('has the detail of the question where both say the same', async () => {
    const { verdicts } = arrange(failed('tcp'), [statusOf(HOME, 'down', 'tcp')]);
    expect(await verdicts.answers([HOME])).toEqual([{ url: HOME, rttMs: null, problem: 'tcp: what was heard' }]);
  });

  it('is that to the question for one that is kept for later', async () => {
    const { verdicts } = arrange(ANSWERED, [statusOf(HOME, 'connected')]);
    expect(await verdicts.answers([HOME, OTHER])).toEqual([
      { url: HOME, rttMs: 12.35, problem: null },
      { url: OTHER, rttMs: 12.35, problem: null },
    ]);
  });

  it('is that to the question where a connection comes to nothing for long', async () => {
    const { verdicts, clock } = arrange(ANSWERED, [statusOf(HOME, 'connecting')]);
    const answers = verdicts.answers([HOME]);
    await settle();
    await clock.advance(12_000);
    expect(await answers).toEqual([{ url: HOME, rttMs: 12.35, problem: null }]);
    expect(await verdicts.answers([])).toEqual([]);
  });
});
