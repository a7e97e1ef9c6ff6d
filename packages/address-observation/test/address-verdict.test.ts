import { brandAs, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import {
  askAgainAfterMs,
  judgeObservations,
  KEEP_MAPPING_MS,
  LOOK_AGAIN_MS,
  type Observation,
  observedAddresses,
} from '../src/observed-addresses.ts';

const LOCAL = new Set(['192.168.1.10', '2001:db8::10', '203.0.113.10']);

const by = brandAs<RelayUrl>('https://relay.example.org/');

const seen = (observer: string, address: string, atMs = 0): Observation => ({
  observer,
  address: brandAs<SocketAddress>(address),
  by,
  atMs,
});

const judged = (...observations: readonly Observation[]) => judgeObservations(observations, LOCAL);

describe('the verdict', () => {
  it('is unknown when nobody has looked', () => {
    expect(judged()).toEqual({ hold: [], nat: 'unknown' });
  });

  it('holds what one observer saw, and does not know the NAT', () => {
    expect(judged(seen('a', '198.51.100.1:5000'))).toEqual({ hold: ['198.51.100.1:5000'], nat: 'unknown' });
  });

  it('is endpoint-independent when two observers saw the same', () => {
    const verdict = judged(seen('a', '198.51.100.1:5000'), seen('b', '198.51.100.1:5000', 20));
    expect(verdict).toEqual({ hold: ['198.51.100.1:5000'], nat: 'endpoint-independent' });
  });

  it.each([
    ['port', '198.51.100.1:5001'],
    ['address', '198.51.100.2:5000'],
  ])('is symmetric and holds nothing when two observers saw another %s', (_what, other) => {
    expect(judged(seen('a', '198.51.100.1:5000'), seen('b', other, 20))).toEqual({ hold: [], nat: 'symmetric' });
  });

  it('holds what was seen last where a mapping changed from one moment to another', () => {
    const verdict = judged(
      seen('device', '198.51.100.1:5000'),
      seen('a', '198.51.100.1:6000', 20_000),
      seen('b', '198.51.100.1:6000', 20_020),
    );
    expect(verdict).toEqual({ hold: ['198.51.100.1:6000'], nat: 'endpoint-independent' });
  });

  it('is none, and holds nothing more, at a public address of this machine', () => {
    expect(judgeObservations([seen('a', '45.33.32.156:5000')], new Set(['45.33.32.156']))).toEqual({
      hold: [],
      nat: 'none',
    });
    expect(judgeObservations([seen('a', '[2600:3c01::1]:5000')], new Set(['2600:3c01::1']))).toEqual({
      hold: [],
      nat: 'none',
    });
  });

  it.each(['192.0.2.2', '198.51.100.7', '203.0.113.10', '198.18.0.1', '2001:db8::10', '10.0.0.1', 'fd00::1'])(
    'is not known at %s, which is no public address of anybody',
    (ip) => {
      const address = ip.includes(':') ? `[${ip}]:5000` : `${ip}:5000`;
      expect(judgeObservations([seen('a', address)], new Set([ip]))).toEqual({ hold: [], nat: 'unknown' });
    },
  );

  it('is none at a public address, by whoever saw it', () => {
    expect(judgeObservations([seen('b', '45.33.32.156:1')], new Set(['45.33.32.156'])).nat).toBe('none');
  });

  it('learns nothing of a NAT from whoever is at the same home', () => {
    expect(judged(seen('phone', '192.168.1.10:5000'))).toEqual({ hold: [], nat: 'unknown' });
    const verdict = judged(seen('phone', '192.168.1.10:5000'), seen('a', '198.51.100.1:6000', 20));
    expect(verdict).toEqual({ hold: ['198.51.100.1:6000'], nat: 'unknown' });
  });

  it('does not compare what is seen inside a provider with what is seen outside', () => {
    const verdict = judged(seen('neighbour', '100.64.3.4:5000'), seen('a', '198.51.100.1:6000', 20));
    expect(verdict).toEqual({ hold: ['100.64.3.4:5000', '198.51.100.1:6000'], nat: 'unknown' });
  });

  it('does not compare IPv6 with IPv4, and goes by IPv4', () => {
    const verdict = judged(
      seen('a', '198.51.100.1:5000'),
      seen('b', '198.51.100.1:5001'),
      seen('c', '[2001:db8::99]:7000'),
    );
    expect(verdict).toEqual({ hold: ['[2001:db8::99]:7000'], nat: 'symmetric' });
  });
});

describe('asking again', () => {
  it('is often while a port has to be kept that is not the own one', () => {
    const verdict = judged(seen('a', '198.51.100.1:5001'));
    expect(askAgainAfterMs(verdict, 5_000)).toBe(KEEP_MAPPING_MS);
  });

  it.each([
    ['the NAT keeps the port', [seen('a', '198.51.100.1:5000')]],
    ['there is no NAT', [seen('a', '203.0.113.10:5000')]],
    ['the NAT is symmetric', [seen('a', '198.51.100.1:5001'), seen('b', '198.51.100.1:5002')]],
  ])('is rare when %s', (_when, observations) => {
    expect(askAgainAfterMs(judgeObservations(observations, LOCAL), 5_000)).toBe(LOOK_AGAIN_MS);
  });
});

describe('what is kept', () => {
  it('is the last observation of each observer', () => {
    const kept = observedAddresses();
    kept.note(seen('a', '198.51.100.1:5000'));
    kept.note(seen('a', '198.51.100.1:6000', 1));
    expect(kept.list()).toEqual([seen('a', '198.51.100.1:6000', 1)]);
    kept.forget();
    expect(kept.list()).toEqual([]);
  });

  it('is bounded, and the oldest goes first', () => {
    const kept = observedAddresses();
    for (let count = 0; count < 20; count += 1) kept.note(seen(String(count), `198.51.100.1:${5_000 + count}`, count));
    expect(kept.list()).toHaveLength(16);
    expect(kept.list()[0]).toMatchObject({ observer: '4' });
  });

  it.each(['127.0.0.1:1', '0.0.0.0:1', '169.254.1.1:1', '239.255.255.250:1', '[::1]:1', '[fe80::1]:1', '[ff02::1]:1'])(
    'is nothing from %s, which nobody elsewhere can dial',
    (address) => {
      const kept = observedAddresses();
      kept.note(seen('a', address));
      expect(kept.list()).toEqual([]);
    },
  );
});
