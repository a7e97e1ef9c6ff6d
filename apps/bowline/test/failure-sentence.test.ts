import { brandAs, type DeviceId, type EndpointId, type RelayUrl, type SearchedRelay } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { attemptSentence, failureSentence } from '../src/pairing/failure-sentence.ts';

const DEVICE = { id: brandAs<DeviceId>('d-1'), endpointId: brandAs<EndpointId>('aa'.repeat(32)), name: 'pocket' };
const reason = 'It failed.';

describe('the sentence of a failed pairing', () => {
  it('is the reason where the code says all there is', () => {
    expect(failureSentence({ reason, circumstance: null })).toBe(reason);
  });

  it.each([
    [{ kind: 'pairedHere', device: DEVICE }, /^"pocket" \(d-1\).*--renew on this device/],
    [{ kind: 'pairedThere' }, /--renew there/],
    [{ kind: 'relayTokenWanted' }, /bowline pair --share-relay-token/],
    [{ kind: 'relaysCutOff' }, /^It failed\. "bowline relay status"/],
  ] as const)('names the command or option that helps: %o', (circumstance, told) => {
    expect(failureSentence({ reason, circumstance })).toMatch(told);
  });
});

describe('the sentence of a source', () => {
  const relay = (change: Partial<SearchedRelay> = {}): SearchedRelay => ({
    url: brandAs<RelayUrl>('https://relay.example/'),
    state: 'down',
    downReason: 'auth',
    token: 'own',
    ...change,
  });

  it.each([
    [relay({ token: 'missing' }), 'why; ask for a ticket with --share-relay-token'],
    [relay({ token: 'ticket' }), 'why; ask for a new ticket with --share-relay-token'],
    [relay(), 'why; set its token with BOWLINE_RELAY_TOKEN'],
    [relay({ downReason: 'dns' }), 'why'],
  ])('says where a token comes from that a relay wants: %o', (searched, told) => {
    expect(attemptSentence({ via: 'ticket', reason: 'why', relays: [searched, searched] })).toBe(told);
  });

  it('is the reason where no relay was looked on', () => {
    expect(attemptSentence({ via: 'mdns', reason: 'why' })).toBe('why');
  });
});
