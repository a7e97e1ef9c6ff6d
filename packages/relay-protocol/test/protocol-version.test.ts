import { describe, expect, it } from 'vitest';
import {
  chooseVersion,
  noContentAnswerTo,
  RELAY_SUBPROTOCOLS,
  subprotocolOf,
  versionOfSubprotocol,
} from '../src/index.ts';

describe('the protocol version', () => {
  it.each([
    ['iroh-relay-v2, iroh-relay-v1', 2],
    ['iroh-relay-v1,iroh-relay-v2', 2],
    ['iroh-relay-v1', 1],
    ['iroh-relay-v3, iroh-relay-v1', 1],
    ['iroh-relay-v3', undefined],
    ['chat', undefined],
    ['', undefined],
    [undefined, undefined],
    [`${'x,'.repeat(20)}iroh-relay-v2`, undefined],
  ])('chosen from %o is %o', (offered, version) => {
    expect(chooseVersion(offered)).toBe(version);
  });

  it('goes by its sub-protocol name', () => {
    for (const name of RELAY_SUBPROTOCOLS) {
      const version = versionOfSubprotocol(name);
      expect(version === undefined ? undefined : subprotocolOf(version)).toBe(name);
    }
  });
});

describe('the captive portal answer', () => {
  it.each([
    ['ts_relay.example', 'response ts_relay.example'],
    ['', undefined],
    ['a b', undefined],
    ['x'.repeat(64), undefined],
    ['a\r\nb', undefined],
    [undefined, undefined],
  ])('to %o is %o', (challenge, answer) => {
    expect(noContentAnswerTo(challenge)).toBe(answer);
  });
});
