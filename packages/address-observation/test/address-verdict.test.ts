import { brandAs, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { askAgainAfterMs, judgeObservations, type Observation } from '../src/address-verdict.ts';
import { ADDRESS_OBSERVATION_DEFAULTS } from '../src/options.ts';

const { keepMappingMs, lookAgainMs } = ADDRESS_OBSERVATION_DEFAULTS;

const LOCAL = new Set(['192.168.1.10', '2001:db8::10', '203.0.113.10']);

const by = brandAs<RelayUrl>('https://relay.example.org/');

const observation =
  (witness: Observation['witness']) =>
  (_who: string, address: string, atMs = 0): Observation => ({
    witness,
    address: brandAs<SocketAddress>(address),
    by,
    atMs,
  });

/** An observer beside the home relay has seen it. */
const seen = observation('observer');
/** A linked device says so. */
const said = observation('peer');

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
      seen('c', '198.51.100.1:5000'),
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
    expect(judged(said('phone', '192.168.1.10:5000'))).toEqual({ hold: [], nat: 'unknown' });
    const verdict = judged(said('phone', '192.168.1.10:5000'), seen('a', '198.51.100.1:6000', 20));
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

const [HONEST, LIE] = ['198.51.100.1:5000', '198.51.100.66:6666'];

describe('what peers say', () => {
  it('cannot turn two observers into a symmetric NAT, however many say it', () => {
    const observers = [seen('a', HONEST), seen('b', HONEST, 20)];
    const verdict = { hold: [HONEST], nat: 'endpoint-independent' };
    expect(judged(...observers, said('liar', LIE, 30))).toEqual(verdict);
    expect(judged(...observers, said('liar', LIE, 30), said('another', LIE, 40))).toEqual(verdict);
  });

  it('is not offered in the place of what an observer saw earlier', () => {
    expect(judged(seen('a', HONEST), said('liar', LIE, 60_000))).toEqual({ hold: [HONEST], nat: 'unknown' });
  });

  it('decides nothing when one says it alone', () => {
    expect(judged(said('liar', LIE))).toEqual({ hold: [], nat: 'unknown' });
    expect(judged(said('liar', '100.64.3.4:5000'))).toEqual({ hold: [], nat: 'unknown' });
    expect(judgeObservations([said('liar', '45.33.32.156:1')], new Set(['45.33.32.156'])).nat).toBe('unknown');
  });

  it('is held when two say the same', () => {
    const verdict = { hold: [HONEST], nat: 'endpoint-independent' };
    expect(judged(said('phone', HONEST), said('nas', HONEST, 20))).toEqual(verdict);
    expect(judged(said('phone', HONEST), said('nas', HONEST, 60_000))).toEqual({ ...verdict, nat: 'unknown' });
    const [phone, nas] = [said('phone', '45.33.32.156:1'), said('nas', '45.33.32.156:1')];
    expect(judgeObservations([phone, nas], new Set(['45.33.32.156'])).nat).toBe('none');
  });

  it.each([20, 60_000])('is held against one who says otherwise %d ms later', (laterMs) => {
    const verdict = judged(said('phone', HONEST), said('nas', HONEST, 20), said('liar', LIE, laterMs));
    expect(verdict).toEqual({ hold: [HONEST], nat: 'endpoint-independent' });
  });

  it('follows what two have seen last', () => {
    const [phone, nas] = [said('phone', HONEST), said('nas', HONEST, 20)];
    const [desk, tablet] = [said('desk', '198.51.100.1:6000', 60_000), said('tablet', '198.51.100.1:6000', 60_020)];
    expect(judged(phone, nas, desk, tablet).hold).toEqual(['198.51.100.1:6000']);
  });

  it('is a symmetric NAT only when it stays one without any one of them', () => {
    const [phone, nas] = [said('phone', HONEST), said('nas', '198.51.100.1:5001', 10)];
    expect(judged(phone, nas)).toEqual({ hold: [], nat: 'unknown' });
    expect(judged(phone, nas, said('desk', '198.51.100.1:5002', 20))).toEqual({ hold: [], nat: 'symmetric' });
  });
});

describe('asking again', () => {
  it('is often while a port has to be kept that is not the own one', () => {
    const verdict = judged(seen('a', '198.51.100.1:5001'));
    expect(askAgainAfterMs(verdict, 5_000, ADDRESS_OBSERVATION_DEFAULTS)).toBe(keepMappingMs);
  });

  it.each([
    ['the NAT keeps the port', [seen('a', '198.51.100.1:5000')]],
    ['there is no NAT', [seen('a', '203.0.113.10:5000')]],
    ['the NAT is symmetric', [seen('a', '198.51.100.1:5001'), seen('b', '198.51.100.1:5002')]],
  ])('is rare when %s', (_when, observations) => {
    expect(askAgainAfterMs(judgeObservations(observations, LOCAL), 5_000, ADDRESS_OBSERVATION_DEFAULTS)).toBe(
      lookAgainMs,
    );
  });
});
