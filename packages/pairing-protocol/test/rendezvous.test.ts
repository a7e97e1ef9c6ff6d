import { brandAs, type EndpointAddress, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { decodeFrame, encodeFrame } from '@bowline/wire-format';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { answerRendezvous, PairingProtocolError, type RendezvousAnswer, rendezvousJoiner } from '../src/index.ts';
import { idOf, KEYS, keysOf } from './parties.ts';

const ENDS = { rendezvous: KEYS.rendezvousEndpointId, joiner: idOf(2) };
const KEY = KEYS.rendezvousProofKey;
const NONCE = new Uint8Array(32).fill(5);
const ADDRESS: EndpointAddress = {
  endpointId: idOf(1),
  relayUrls: [brandAs<RelayUrl>('https://relay.example/')],
  directAddresses: [brandAs<SocketAddress>('192.0.2.1:4242')],
};
const TELL: RendezvousAnswer = { kind: 'address', address: ADDRESS };
const mismatch = expect.objectContaining({ closeName: 'proof-mismatch' });

const open = (frame: Uint8Array): Record<string, unknown> =>
  decodeFrame(frame, z.record(z.string(), z.unknown()), { maxBytes: 16_384 });

describe('the rendezvous', () => {
  it('tells a holder of the code where the device is', () => {
    const joiner = rendezvousJoiner(KEY, ENDS, NONCE);
    expect(joiner.receive(answerRendezvous(KEY, ENDS, joiner.ask, TELL))).toEqual({
      kind: 'address',
      address: ADDRESS,
    });
  });

  it('tells a holder of the code that it is of no use any more', () => {
    const joiner = rendezvousJoiner(KEY, ENDS, NONCE);
    const refusal = answerRendezvous(KEY, ENDS, joiner.ask, { kind: 'refusal', reason: 'code-used' });
    expect(joiner.receive(refusal)).toEqual({ kind: 'refused', reason: 'code-used' });
  });

  it('tells nothing to anybody else', () => {
    const { ask } = rendezvousJoiner(keysOf(8).rendezvousProofKey, ENDS, NONCE);
    expect(() => answerRendezvous(KEY, ENDS, ask, TELL)).toThrow(mismatch);
  });

  it('does not accept an ask replayed from another endpoint', () => {
    const { ask } = rendezvousJoiner(KEY, ENDS, NONCE);
    expect(() => answerRendezvous(KEY, { ...ENDS, joiner: idOf(6) }, ask, TELL)).toThrow(mismatch);
  });

  it('is not believed without the code, for another ask, or with another address', () => {
    const { ask } = rendezvousJoiner(KEY, ENDS, NONCE);
    const earlier = rendezvousJoiner(KEY, ENDS, new Uint8Array(32).fill(6)).ask;
    const changed = { ...open(answerRendezvous(KEY, ENDS, ask, TELL)), relayUrls: ['https://evil.example/'] };
    const rogue = keysOf(8).rendezvousProofKey;
    const frames = [
      answerRendezvous(KEY, ENDS, earlier, TELL),
      encodeFrame(changed),
      answerRendezvous(rogue, ENDS, rendezvousJoiner(rogue, ENDS, NONCE).ask, TELL),
      encodeFrame({ type: 'refusal', reason: 'code-used', proof: new Uint8Array(32) }),
    ];
    for (const frame of frames) expect(() => rendezvousJoiner(KEY, ENDS, NONCE).receive(frame)).toThrow(mismatch);
  });

  it('cuts an address book that is too long', () => {
    const many: EndpointAddress = {
      ...ADDRESS,
      relayUrls: Array.from({ length: 20 }, (_, index) => brandAs<RelayUrl>(`https://r${index}.example/`)),
      directAddresses: Array.from({ length: 40 }, (_, index) => brandAs<SocketAddress>(`10.0.0.${index}:1`)),
    };
    const joiner = rendezvousJoiner(KEY, ENDS, NONCE);
    const step = joiner.receive(answerRendezvous(KEY, ENDS, joiner.ask, { kind: 'address', address: many }));
    expect(step).toMatchObject({
      kind: 'address',
      address: { relayUrls: { length: 8 }, directAddresses: { length: 16 } },
    });
  });

  it('checks the proof over an address as it was written, and reads it afterwards', () => {
    const written: EndpointAddress = {
      ...ADDRESS,
      relayUrls: [brandAs('https://RELAY.example')],
      directAddresses: [brandAs('[2001:DB8::1]:4242')],
    };
    const joiner = rendezvousJoiner(KEY, ENDS, NONCE);
    const step = joiner.receive(answerRendezvous(KEY, ENDS, joiner.ask, { kind: 'address', address: written }));
    expect(step).toMatchObject({
      address: { relayUrls: ['https://relay.example/'], directAddresses: ['[2001:db8::1]:4242'] },
    });
  });

  it('refuses a proven answer that holds no address', () => {
    const nonsense: EndpointAddress = { ...ADDRESS, relayUrls: [brandAs('ftp://relay.example/')] };
    const joiner = rendezvousJoiner(KEY, ENDS, NONCE);
    const answer = answerRendezvous(KEY, ENDS, joiner.ask, { kind: 'address', address: nonsense });
    expect(() => joiner.receive(answer)).toThrow(expect.objectContaining({ closeName: 'protocol-error' }));
  });

  it('answers once on one connection', () => {
    const joiner = rendezvousJoiner(KEY, ENDS, NONCE);
    const answer = answerRendezvous(KEY, ENDS, joiner.ask, TELL);
    joiner.receive(answer);
    expect(() => joiner.receive(answer)).toThrow(expect.objectContaining({ closeName: 'protocol-error' }));
  });

  it('refuses versions it does not speak', () => {
    const { ask } = rendezvousJoiner(KEY, ENDS, NONCE);
    const newer = encodeFrame({ ...open(ask), versions: [9] });
    expect(() => answerRendezvous(KEY, ENDS, newer, TELL)).toThrow(
      expect.objectContaining({ closeName: 'version-unsupported' }),
    );
  });

  it('raises nothing but PairingProtocolError, whatever comes', () => {
    const good = rendezvousJoiner(KEY, ENDS, NONCE).ask;
    const answer = answerRendezvous(KEY, ENDS, good, TELL);
    const frames = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.tuple(fc.constantFrom(good, answer), fc.nat(), fc.integer({ min: 1, max: 255 })).map(([frame, at, flip]) => {
        const copy = Uint8Array.from(frame);
        copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ flip;
        return copy;
      }),
    );
    fc.assert(
      fc.property(frames, (frame) => {
        const attempts = [
          () => answerRendezvous(KEY, ENDS, frame, TELL),
          () => rendezvousJoiner(KEY, ENDS, NONCE).receive(frame),
        ];
        for (const attempt of attempts) expect(attempt).toThrow(PairingProtocolError);
      }),
    );
  });
});
