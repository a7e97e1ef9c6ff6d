import { readFileSync } from 'node:fs';
import type { DeviceCard, EndpointAddress, EndpointId, PeerLocation } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import {
  acceptFrame,
  answerRendezvous,
  confirmFrame,
  initiatorHandshake,
  isHelloFor,
  joinerHandshake,
  type PairRefusalReason,
  readHello,
  refusalFrame,
  rendezvousJoiner,
} from '../src/index.ts';
import { answered, finished, proven } from './parties.ts';

interface Party {
  readonly endpointId: EndpointId;
  readonly nonce: string;
  readonly card: DeviceCard;
  readonly whereabouts: PeerLocation;
}

interface HandshakeVector {
  readonly sessionId: string;
  readonly lookupKey: string;
  readonly proofKey: string;
  readonly initiator: Party;
  readonly joiner: Party;
  readonly frames: Readonly<
    Record<'hello' | 'challenge' | 'proof' | 'welcome' | 'finish' | 'accept' | 'confirm', string>
  >;
  readonly authenticationString: string;
  readonly refusals: Readonly<Record<string, string>>;
}

interface RendezvousVector {
  readonly rendezvousProofKey: string;
  readonly rendezvousEndpointId: EndpointId;
  readonly joiner: Party;
  readonly address: EndpointAddress;
  readonly frames: Readonly<Record<'ask' | 'address' | 'refusal', string>>;
}

interface ForeignVector extends Pick<HandshakeVector, 'initiator' | 'joiner' | 'authenticationString' | 'refusals'> {
  readonly frames: Readonly<Record<'hello' | 'challenge' | 'proof' | 'welcome' | 'finish', string>>;
  readonly leadingZeros: { readonly joinerNonce: string; readonly authenticationString: string };
  readonly rendezvousRefusals: Readonly<Record<string, string>>;
}

const vectorOf = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8')) as T;
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');

describe('the recorded handshake', () => {
  const vector = vectorOf<HandshakeVector>('handshake');
  const keys = { sessionId: vector.sessionId, lookupKey: bytes(vector.lookupKey), proofKey: bytes(vector.proofKey) };
  const ends = { initiator: vector.initiator.endpointId, joiner: vector.joiner.endpointId };

  it('comes out byte for byte', () => {
    const j = joinerHandshake({ keys, ends, card: vector.joiner.card, nonce: bytes(vector.joiner.nonce) });
    expect(hex(j.hello)).toBe(vector.frames.hello);
    const hello = readHello(j.hello);
    expect(isHelloFor(keys.lookupKey, ends, hello)).toBe(true);
    const i = initiatorHandshake({
      keys,
      ends,
      hello,
      card: vector.initiator.card,
      nonce: bytes(vector.initiator.nonce),
    });
    expect(hex(i.challenge)).toBe(vector.frames.challenge);
    const proof = answered(j.receive(i.challenge));
    expect(hex(proof)).toBe(vector.frames.proof);
    const step = proven(i.receive(proof));
    expect(hex(step.welcome)).toBe(vector.frames.welcome);
    expect(step.authenticationString).toBe(vector.authenticationString);
    expect(hex(finished(j.receive(step.welcome)).finish)).toBe(vector.frames.finish);
    expect([hex(acceptFrame()), hex(confirmFrame(vector.initiator.whereabouts))]).toEqual([
      vector.frames.accept,
      vector.frames.confirm,
    ]);
    for (const [reason, frame] of Object.entries(vector.refusals)) {
      expect(hex(refusalFrame(keys.proofKey, ends, hello, reason as PairRefusalReason))).toBe(frame);
    }
  });
});

describe('the handshake of another implementation', () => {
  const ours = vectorOf<HandshakeVector>('handshake');
  const foreign = vectorOf<ForeignVector>('foreign-handshake');
  const keys = { sessionId: ours.sessionId, lookupKey: bytes(ours.lookupKey), proofKey: bytes(ours.proofKey) };
  const ends = { initiator: foreign.initiator.endpointId, joiner: foreign.joiner.endpointId };

  it('is answered byte for byte, its versions and its uncleaned card as they were sent', () => {
    const hello = readHello(bytes(foreign.frames.hello));
    expect(isHelloFor(keys.lookupKey, ends, hello)).toBe(true);
    const { card, nonce } = foreign.initiator;
    const initiator = initiatorHandshake({ keys, ends, hello, card, nonce: bytes(nonce) });
    expect(hex(initiator.challenge)).toBe(foreign.frames.challenge);
    const step = proven(initiator.receive(bytes(foreign.frames.proof)));
    expect(hex(step.welcome)).toBe(foreign.frames.welcome);
    expect(step.authenticationString).toBe(foreign.authenticationString);
    expect(step.joiner).toEqual({ name: '😀 é AB', platform: 'unknown' });
    expect(initiator.receive(bytes(foreign.frames.finish))).toEqual({ kind: 'finished' });
  });

  it('ends in the same six digits, zeros in front included', () => {
    const joiner = joinerHandshake({
      keys,
      ends,
      card: ours.joiner.card,
      nonce: bytes(foreign.leadingZeros.joinerNonce),
    });
    const hello = readHello(joiner.hello);
    const initiator = initiatorHandshake({
      keys,
      ends,
      hello,
      card: ours.initiator.card,
      nonce: bytes(ours.initiator.nonce),
    });
    const step = proven(initiator.receive(answered(joiner.receive(initiator.challenge))));
    expect(step.authenticationString).toBe(foreign.leadingZeros.authenticationString);
  });

  it('is refused in the same words', () => {
    expect(ours.refusals).toEqual(foreign.refusals);
    const rendezvous = vectorOf<RendezvousVector>('rendezvous');
    const key = bytes(rendezvous.rendezvousProofKey);
    const meeting = { rendezvous: rendezvous.rendezvousEndpointId, joiner: rendezvous.joiner.endpointId };
    for (const [reason, frame] of Object.entries(foreign.rendezvousRefusals)) {
      const refusal = { kind: 'refusal', reason: reason as PairRefusalReason } as const;
      expect(hex(answerRendezvous(key, meeting, bytes(rendezvous.frames.ask), refusal))).toBe(frame);
    }
  });
});

describe('the recorded rendezvous', () => {
  const vector = vectorOf<RendezvousVector>('rendezvous');
  const key = bytes(vector.rendezvousProofKey);
  const ends = { rendezvous: vector.rendezvousEndpointId, joiner: vector.joiner.endpointId };

  it('comes out byte for byte', () => {
    const joiner = rendezvousJoiner(key, ends, bytes(vector.joiner.nonce));
    expect(hex(joiner.ask)).toBe(vector.frames.ask);
    const address = answerRendezvous(key, ends, joiner.ask, { kind: 'address', address: vector.address });
    expect(hex(address)).toBe(vector.frames.address);
    expect(joiner.receive(address)).toEqual({ kind: 'address', address: vector.address });
    const refusal = answerRendezvous(key, ends, joiner.ask, { kind: 'refusal', reason: 'code-used' });
    expect(hex(refusal)).toBe(vector.frames.refusal);
  });
});
