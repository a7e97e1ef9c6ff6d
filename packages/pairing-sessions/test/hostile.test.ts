import { endpointIdOf, PAIR_ALPN, RENDEZVOUS_ALPN } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { derivePairingKeys, parseCode } from '@bowline/pairing-code';
import { acceptFrame, confirmFrame, initiatorHandshake, joinerHandshake, readHello } from '@bowline/pairing-protocol';
import { settle } from '@bowline/testing';
import { encodeFrame } from '@bowline/wire-format';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORGOTTEN_MS, type TestDevice, type TestWorld, testWorld } from './devices.ts';
import { endOf, type Stranger, stranger } from './stranger.ts';

const BYTES = new Uint8Array(32).fill(7);
const CARD = { name: 'mallory', platform: 'linux' };
const NOWHERE = { relayUrls: [], directAddresses: [] };
const WRONG_KEYS = derivePairingKeys(new Uint8Array(16).fill(99));

const offered = async (policy: 'ask' | 'accept' = 'accept') => {
  const world = testWorld();
  const nas = await world.device('nas');
  const laptop = await world.device('laptop');
  const offer = await nas.offer(policy);
  await settle();
  return { world, nas, laptop, ...offer };
};

/** The honest devices still pair with the same code, and nobody else is stored. */
const expectStillPairs = async (
  world: TestWorld,
  nas: TestDevice,
  laptop: TestDevice,
  words: string,
): Promise<void> => {
  await laptop.join(words);
  await world.clock.advance(1_000);
  expect(laptop.completed().at(-1)).toMatchObject({ device: { name: 'nas' } });
  expect(nas.store.list().map(({ name }) => name)).toEqual(['laptop']);
  expect(laptop.store.list().map(({ name }) => name)).toEqual(['nas']);
};

const nothingIsTold = (device: TestDevice, names: readonly string[]): void => {
  const text = JSON.stringify([device.told, device.logger.lines]);
  for (const name of names) expect(text).not.toContain(name);
};

/** Has a stranger answer for the pairing protocol; what fails on its side is its own affair. */
const answerWith = (mallory: Stranger, answer: (connection: PeerConnection) => Promise<void>): void => {
  mallory.connections.onAccepted(PAIR_ALPN, (connection) => {
    answer(connection).catch(() => undefined);
  });
};

/** Frames of every kind, as somebody without the code would forge them. */
const forgedFrames = (): readonly (readonly [string, Uint8Array])[] => [
  ['hello', encodeFrame({ type: 'hello', versions: [1], commitment: BYTES, tag: BYTES })],
  ['challenge', encodeFrame({ type: 'challenge', version: 1, nonce: BYTES, proof: BYTES })],
  ['refusal', encodeFrame({ type: 'refusal', reason: 'code-used', proof: BYTES })],
  ['refusal completed', encodeFrame({ type: 'refusal', reason: 'completed', proof: BYTES })],
  ['proof', encodeFrame({ type: 'proof', nonce: BYTES, card: CARD, proof: BYTES })],
  ['welcome', encodeFrame({ type: 'welcome', card: CARD, proof: BYTES })],
  ['finish', encodeFrame({ type: 'finish', proof: BYTES })],
  ['accept', acceptFrame()],
  ['confirm', confirmFrame(NOWHERE)],
  ['ask', encodeFrame({ type: 'ask', versions: [1], nonce: BYTES, tag: BYTES })],
  ['nothing', new Uint8Array(0)],
  ['garbage', new Uint8Array(500).fill(0xff)],
  ['16 KiB of nesting', new Uint8Array(16_384).fill(0x81)],
];

describe('a rogue joiner', () => {
  it('that knows everything broadcast gets no name, no session, and stores nothing', async () => {
    const { world, nas, laptop, words } = await offered();
    const mallory = await stranger(world);
    const connection = await mallory.dial(nas);
    const ends = { initiator: nas.endpointId, joiner: mallory.endpointId };
    const handshake = joinerHandshake({ keys: WRONG_KEYS, ends, card: CARD, nonce: BYTES });
    await connection.send(handshake.hello);
    expect(await endOf(connection)).toBe('code-unknown');
    await expect(connection.nextFrame({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(nas.states()).toEqual(['offering']);
    await expectStillPairs(world, nas, laptop, words);
    nothingIsTold(nas, ['mallory']);
  });

  it.each(forgedFrames())('that begins with %s is closed at once', async (_name, frame) => {
    const { world, nas, laptop, words } = await offered();
    const mallory = await stranger(world);
    const connection = await mallory.dial(nas);
    await connection.send(frame);
    expect(await endOf(connection)).toMatch(/^(code-unknown|protocol-error)$/);
    await expectStillPairs(world, nas, laptop, words);
  });

  it('that replays an honest hello from its own endpoint is a stranger', async () => {
    const { world, nas, laptop, words } = await offered();
    const mallory = await stranger(world);
    const ends = { initiator: nas.endpointId, joiner: laptop.endpointId };
    const { keys } = { keys: derivePairingKeys(parseCode(words).entropy) };
    const { hello } = joinerHandshake({ keys, ends, card: CARD, nonce: BYTES });
    const connection = await mallory.dial(nas);
    await connection.send(hello);
    expect(await endOf(connection)).toBe('code-unknown');
    await expectStillPairs(world, nas, laptop, words);
  });

  it('never burns a code it does not hold, however often it tries', async () => {
    const { world, nas, laptop, words } = await offered();
    const mallory = await stranger(world);
    for (let round = 0; round < 20; round += 1) {
      const connection = await mallory.dial(nas);
      await connection.send(encodeFrame({ type: 'hello', versions: [1], commitment: BYTES, tag: BYTES }));
      await world.clock.advance(1_500);
    }
    await expectStillPairs(world, nas, laptop, words);
  });

  it('at the rendezvous learns nothing', async () => {
    const { world, nas, laptop, words } = await offered();
    const keys = derivePairingKeys(parseCode(words).entropy);
    const mallory = await stranger(world);
    const rendezvous = { endpointId: keys.rendezvousEndpointId, identity: nas.identity };
    for (const [, frame] of forgedFrames()) {
      const connection = await mallory.dial(rendezvous, RENDEZVOUS_ALPN);
      await connection.send(frame);
      expect(await endOf(connection)).toMatch(/^(proof-mismatch|protocol-error)$/);
      await world.clock.advance(1_000);
    }
    await expectStillPairs(world, nas, laptop, words);
  });

  it('that speaks another version is told so', async () => {
    const { world, nas } = await offered();
    const connection = await (await stranger(world)).dial(nas);
    await connection.send(encodeFrame({ type: 'hello', versions: [7], commitment: BYTES, tag: BYTES }));
    expect(await endOf(connection)).toBe('version-unsupported');
  });

  it('with the code and a wrong proof burns it at the third try, and honest joiners are told', async () => {
    const { world, nas, laptop, words } = await offered();
    const keys = derivePairingKeys(parseCode(words).entropy);
    for (let round = 0; round < 3; round += 1) {
      const mallory = await stranger(world);
      const connection = await mallory.dial(nas);
      const ends = { initiator: nas.endpointId, joiner: mallory.endpointId };
      const handshake = joinerHandshake({ keys, ends, card: CARD, nonce: BYTES });
      await connection.send(handshake.hello);
      await connection.nextFrame({ timeoutMs: 1_000 });
      await connection.send(encodeFrame({ type: 'proof', nonce: BYTES, card: CARD, proof: BYTES }));
      expect(await endOf(connection)).toBe('proof-mismatch');
    }
    expect(nas.failed()).toMatchObject([{ code: 'CODE_BURNT' }]);
    await laptop.join(words);
    await world.clock.advance(100);
    expect(laptop.failed()).toMatchObject([{ code: 'CODE_BURNT' }]);
  });
});

describe('a rogue initiator', () => {
  it('on the same tag is found out, and the real one wins', async () => {
    const { world, nas, laptop, words } = await offered();
    const mallory = await stranger(world);
    const seen: string[] = [];
    answerWith(mallory, async (connection) => {
      const hello = await connection.nextFrame({ timeoutMs: 1_000 });
      seen.push(Buffer.from(hello).toString('latin1'));
      const ends = { initiator: mallory.endpointId, joiner: laptop.endpointId };
      const handshake = initiatorHandshake({
        keys: WRONG_KEYS,
        ends,
        hello: readHello(hello),
        card: CARD,
        nonce: BYTES,
      });
      await connection.send(handshake.challenge);
    });
    world.lan.forge('mallory', world.lan.tags()[0] ?? '', mallory.endpointId, mallory.addresses);
    await expectStillPairs(world, nas, laptop, words);
    expect(seen.join()).not.toContain('laptop');
  });

  it('that is alone makes the joiner say that somebody without the code answered', async () => {
    const { world, nas, laptop, words, sessionId } = await offered();
    const [tag] = world.lan.tags();
    await nas.cancel(sessionId);
    const mallory = await stranger(world);
    mallory.connections.onAccepted(PAIR_ALPN, (connection) => {
      void connection.send(encodeFrame({ type: 'challenge', version: 1, nonce: BYTES, proof: BYTES }));
    });
    world.lan.forge('mallory', tag ?? '', mallory.endpointId, mallory.addresses);
    await laptop.join(words);
    await world.clock.advance(13_000);
    expect(laptop.failed()).toMatchObject([{ code: 'PROOF_MISMATCH' }]);
    expect(laptop.failed()[0]?.attempts[0]).toMatchObject({ via: 'mdns' });
    expect(laptop.failed()[0]?.attempts[0]?.reason).toContain('does not hold this code');
    expect(laptop.store.list()).toEqual([]);
  });

  it.each(forgedFrames())('that answers with %s does not stop the real one', async (_name, frame) => {
    const { world, nas, laptop, words } = await offered();
    const mallory = await stranger(world);
    mallory.connections.onAccepted(PAIR_ALPN, (connection) => {
      void connection.send(frame);
    });
    world.lan.forge('mallory', world.lan.tags()[0] ?? '', mallory.endpointId, mallory.addresses);
    await expectStillPairs(world, nas, laptop, words);
  });

  it('with forty faces does not use the joiner up', async () => {
    const { world, nas, laptop, words } = await offered();
    const [tag] = world.lan.tags();
    for (let count = 0; count < 40; count += 1) {
      const mallory = await stranger(world);
      world.lan.forge(`mallory-${count}`, tag ?? '', mallory.endpointId, mallory.addresses);
    }
    await expectStillPairs(world, nas, laptop, words);
  });

  it.each(['code-used', 'code-expired', 'rejected', 'cancelled', 'busy'] as const)(
    'that closes with %s is not believed',
    async (name) => {
      const { world, nas, laptop, words } = await offered();
      const mallory = await stranger(world);
      mallory.connections.onAccepted(PAIR_ALPN, (connection) => void connection.close(name, ''));
      world.lan.forge('mallory', world.lan.tags()[0] ?? '', mallory.endpointId, mallory.addresses);
      await expectStillPairs(world, nas, laptop, words);
    },
  );
});

describe('a man in the middle', () => {
  it('without the code makes both sides refuse, and learns no name', async () => {
    const { world, nas, laptop, words } = await offered();
    const mallory = await stranger(world);
    const passed: string[] = [];
    const pump = (from: PeerConnection, to: PeerConnection): void => {
      from.onFrame((frame) => {
        passed.push(Buffer.from(frame).toString('latin1'));
        to.send(frame).catch(() => undefined);
      });
      void from.closed.then((close) => to.close(close.name ?? 'done', ''));
    };
    answerWith(mallory, async (connection) => {
      const onward = await mallory.dial(nas);
      pump(connection, onward);
      pump(onward, connection);
    });
    // The joiner sees nobody but the man in the middle.
    world.network.block(nas.endpointId, laptop.endpointId);
    world.network.block(derivePairingKeys(parseCode(words).entropy).rendezvousEndpointId, laptop.endpointId);
    world.lan.forge('mallory', world.lan.tags()[0] ?? '', mallory.endpointId, mallory.addresses);
    await laptop.join(words);
    await world.clock.advance(13_000);
    expect(laptop.failed()).toHaveLength(1);
    expect(laptop.completed()).toEqual([]);
    expect([nas.store.list(), laptop.store.list()]).toEqual([[], []]);
    expect(passed.join()).not.toMatch(/laptop|nas/);
    world.network.unblock(nas.endpointId, laptop.endpointId);
    await expectStillPairs(world, nas, laptop, words);
  });
});

describe('a silent stranger', () => {
  it('is closed after ten seconds, and its place is free', async () => {
    const { world, nas } = await offered();
    const mallory = await stranger(world);
    const connections = [await mallory.dial(nas), await mallory.dial(nas), await mallory.dial(nas)];
    await settle();
    const fourth = await mallory.dial(nas);
    expect(await endOf(fourth)).toBe('busy');
    await world.clock.advance(10_100);
    for (const connection of connections) expect(await endOf(connection)).toBe('timed-out');
    expect(await endOf(await mallory.dial(nas))).toBeNull();
  });

  it('in the place of the initiator costs the joiner nothing', async () => {
    const { world, nas, laptop, words } = await offered();
    const mallory = await stranger(world);
    world.lan.forge('mallory', world.lan.tags()[0] ?? '', mallory.endpointId, mallory.addresses);
    await expectStillPairs(world, nas, laptop, words);
  });

  it('is let go at once when the person cancels', async () => {
    const { world, nas, laptop, words, sessionId } = await offered();
    const [tag] = world.lan.tags();
    await nas.cancel(sessionId);
    const mallory = await stranger(world);
    const incoming: PeerConnection[] = [];
    mallory.connections.onAccepted(PAIR_ALPN, (connection) => {
      incoming.push(connection);
    });
    world.lan.forge('mallory', tag ?? '', mallory.endpointId, mallory.addresses);
    const joinId = await laptop.join(words);
    await laptop.cancel(joinId);
    expect(incoming).toHaveLength(1);
    for (const each of incoming) expect(await endOf(each)).toBe('cancelled');
    expect(world.network.openConnectionCount).toBe(0);
  });

  it('who proves the code and then says nothing does not hold it for ever', async () => {
    const { world, nas, words } = await offered();
    const keys = derivePairingKeys(parseCode(words).entropy);
    const mallory = await stranger(world);
    const connection = await mallory.dial(nas);
    const ends = { initiator: nas.endpointId, joiner: mallory.endpointId };
    const handshake = joinerHandshake({ keys, ends, card: CARD, nonce: BYTES });
    await connection.send(handshake.hello);
    const step = handshake.receive(await connection.nextFrame({ timeoutMs: 1_000 }));
    if (step.kind !== 'answer') throw new Error('no answer');
    await connection.send(step.frame);
    await world.clock.advance(10_100);
    expect(nas.states().at(-1)).toBe('waitingForReturn');
    await world.clock.advance(300_000);
    expect(nas.failed()).toMatchObject([{ code: 'CONNECTION_LOST' }]);
    expect(world.network.openConnectionCount).toBe(0);
  });
});

describe('a flood of strangers', () => {
  it('does not keep an honest joiner out, and leaves nothing behind', async () => {
    const { world, nas, laptop, words } = await offered();
    for (let count = 0; count < 60; count += 1) {
      const mallory = await stranger(world);
      await mallory.dial(nas);
      await world.clock.advance(100);
    }
    await world.clock.advance(1_000);
    await expectStillPairs(world, nas, laptop, words);
    await world.clock.advance(60_000);
    expect(world.network.openConnectionCount).toBe(0);
  });

  it('that comes again as soon as it is sent away does not keep an honest joiner out', async () => {
    const { world, nas, laptop, words } = await offered();
    const comeEvery = async (betweenMs: number, times: number): Promise<void> => {
      for (let count = 0; count < times; count += 1) {
        await (await stranger(world)).dial(nas);
        await world.clock.advance(betweenMs);
      }
    };
    await comeEvery(5, 30);
    await laptop.join(words);
    await comeEvery(5, 200);
    expect(laptop.completed()).toMatchObject([{ device: { name: 'nas' } }]);
  });

  it('at the rendezvous does not keep an honest joiner out', async () => {
    const world = testWorld();
    const nas = await world.device('nas', { hasMdns: false });
    const laptop = await world.device('laptop', { hasMdns: false });
    const { words } = await nas.offer();
    await settle();
    const { rendezvousEndpointId } = derivePairingKeys(parseCode(words).entropy);
    const rendezvous = { endpointId: rendezvousEndpointId, identity: nas.identity };
    for (let count = 0; count < 100; count += 1) await (await stranger(world)).dial(rendezvous, RENDEZVOUS_ALPN);
    await laptop.join(words);
    await world.clock.advance(1_000);
    expect(laptop.completed()).toMatchObject([{ via: 'rendezvous' }]);
  });

  it('from one endpoint is slowed down', async () => {
    const { world, nas } = await offered();
    const mallory = await stranger(world);
    const ends: (string | null)[] = [];
    for (let count = 0; count < 20; count += 1) {
      const connection = await mallory.dial(nas);
      const hello = encodeFrame({ type: 'hello', versions: [1], commitment: BYTES, tag: BYTES });
      await connection.send(hello).catch(() => undefined);
      ends.push(await endOf(connection));
    }
    expect(ends.filter((end) => end === 'code-unknown')).toHaveLength(10);
    expect(ends.filter((end) => end === 'busy')).toHaveLength(10);
  });

  it('does not disturb a pairing in progress', async () => {
    const { world, nas, laptop, words, sessionId } = await offered('ask');
    await laptop.join(words);
    for (let count = 0; count < 40; count += 1) await (await stranger(world)).dial(nas);
    await nas.decide(sessionId, true);
    await world.clock.advance(100);
    expect(laptop.completed()).toHaveLength(1);
  });
});

describe('a joiner that holds the code', () => {
  /** Plays an honest joiner up to the end of the handshake. */
  const handshaken = async (policy: 'ask' | 'accept') => {
    const arranged = await offered(policy);
    const keys = derivePairingKeys(parseCode(arranged.words).entropy);
    const mallory = await stranger(arranged.world);
    const connection = await mallory.dial(arranged.nas);
    const ends = { initiator: arranged.nas.endpointId, joiner: mallory.endpointId };
    const handshake = joinerHandshake({ keys, ends, card: CARD, nonce: BYTES });
    await connection.send(handshake.hello);
    const step = handshake.receive(await connection.nextFrame({ timeoutMs: 1_000 }));
    if (step.kind !== 'answer') throw new Error('no answer');
    await connection.send(step.frame);
    const end = handshake.receive(await connection.nextFrame({ timeoutMs: 1_000 }));
    if (end.kind !== 'finished') throw new Error('not finished');
    await connection.send(end.finish);
    await settle();
    return { ...arranged, connection };
  };

  it('is not stored by confirming before the person decided', async () => {
    const { nas, connection } = await handshaken('ask');
    await connection.send(acceptFrame());
    await connection.send(confirmFrame(NOWHERE));
    expect(await endOf(connection)).toBe('protocol-error');
    expect(nas.store.list()).toEqual([]);
    expect(nas.states().at(-1)).toBe('waitingForReturn');
  });

  it('is not stored by confirming without having accepted', async () => {
    const { nas, connection } = await handshaken('accept');
    await connection.send(confirmFrame(NOWHERE));
    expect(await endOf(connection)).toBe('protocol-error');
    expect(nas.store.list()).toEqual([]);
  });

  it('never becomes paired without its confirm', async () => {
    const { world, nas, connection } = await handshaken('accept');
    await connection.send(acceptFrame());
    await settle();
    expect(nas.store.states()).toEqual(['pending']);
    await world.clock.advance(400_000);
    expect(nas.store.list()).toEqual([]);
    expect(nas.failed()).toMatchObject([{ code: 'CONNECTION_LOST' }]);
  });

  it.each(forgedFrames())('that says %s instead of agreeing is closed, and nothing is stored', async (name, frame) => {
    const { nas, connection } = await handshaken('ask');
    await connection.send(frame);
    expect(await endOf(connection)).toBe(name === 'accept' ? null : 'protocol-error');
    expect(nas.store.list()).toEqual([]);
  });

  it('with any frames in any order stores nothing while the person has not decided', async () => {
    const frames = forgedFrames().map(([, frame]) => frame);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...frames), { maxLength: 5 }), async (sent) => {
        const { nas, connection } = await handshaken('ask');
        for (const frame of sent) await connection.send(frame).catch(() => undefined);
        await settle();
        expect(nas.store.list()).toEqual([]);
        expect(nas.completed()).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a connection that breaks', () => {
  const DELAY_MS = 50;

  it.each(Array.from({ length: 14 }, (_, step) => step))(
    'after %i half trips comes back, and both sides agree in the end',
    async (step) => {
      const world = testWorld();
      const nas = await world.device('nas');
      const laptop = await world.device('laptop');
      world.network.setDelay(nas.endpointId, laptop.endpointId, DELAY_MS);
      const { words } = await nas.offer();
      await laptop.join(words);
      await world.clock.advance(DELAY_MS * step + 10);
      world.network.cut(nas.endpointId, laptop.endpointId);
      await world.clock.advance(20_000);
      expect([nas.store.states(), laptop.store.states()]).toEqual([['paired'], ['paired']]);
      expect([nas.completed().length, laptop.completed().length]).toEqual([1, 1]);
      await world.clock.advance(FORGOTTEN_MS);
      expect([world.network.openConnectionCount, world.clock.pendingTimerCount]).toEqual([0, 0]);
    },
  );

  it('for good after the joiner’s confirm leaves a pending record that a later join heals', async () => {
    const world = testWorld();
    const nas = await world.device('nas');
    const laptop = await world.device('laptop');
    world.network.setDelay(nas.endpointId, laptop.endpointId, DELAY_MS);
    const { words } = await nas.offer();
    await laptop.join(words);
    for (let rounds = 0; nas.completed().length === 0 && rounds < 1_000; rounds += 1) await world.clock.advance(1);
    world.network.cut(nas.endpointId, laptop.endpointId);
    world.network.block(nas.endpointId, laptop.endpointId);
    await world.clock.advance(20_000);
    expect(laptop.failed()).toMatchObject([
      { code: 'CONNECTION_LOST', leftPending: { endpointId: nas.endpointId, pairingState: 'pending' } },
    ]);
    expect([nas.store.states(), laptop.store.states()]).toEqual([['paired'], ['pending']]);
    world.network.unblock(nas.endpointId, laptop.endpointId);
    await laptop.join(words);
    await world.clock.advance(2_000);
    expect(laptop.store.states()).toEqual(['paired']);
    expect(laptop.completed()).toHaveLength(1);
  });

  it('keeps the initiator’s decision for the same joiner', async () => {
    const { world, nas, laptop, words, sessionId } = await offered('ask');
    const joinId = await laptop.join(words, 'ask');
    await nas.decide(sessionId, true);
    world.network.cut(nas.endpointId, laptop.endpointId);
    await world.clock.advance(2_000);
    expect(nas.asked()).toHaveLength(1);
    await laptop.decide(joinId, true);
    await world.clock.advance(1_000);
    expect(laptop.completed()).toHaveLength(1);
  });
});

describe('secrets', () => {
  it('are in no event, no log and no message of a full run', async () => {
    const { world, nas, laptop, words, ticket } = await offered('ask');
    const phone = await world.device('phone');
    await laptop.join(words);
    await phone.join(ticket);
    await world.clock.advance(100_000);
    await laptop.join(words).catch(() => undefined);
    await world.clock.advance(20_000);
    const { entropy } = parseCode(words);
    const keys = derivePairingKeys(entropy);
    const secrets = [
      words,
      ...words.split(' ').map((word) => `"${word}"`),
      ticket,
      ...[entropy, keys.proofKey, keys.lookupKey, keys.rendezvousProofKey, keys.rendezvousSecretKey].map((bytes) =>
        Buffer.from(bytes).toString('hex'),
      ),
    ];
    for (const device of [nas, laptop, phone]) {
      const text = JSON.stringify([device.told, device.logger.lines]);
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
    expect(endpointIdOf(keys.rendezvousSecretKey)).toBe(keys.rendezvousEndpointId);
  });
});
