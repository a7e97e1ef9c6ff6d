import { PAIR_ALPN, RENDEZVOUS_ALPN } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { derivePairingKeys, parseCode } from '@bowline/pairing-code';
import { initiatorHandshake, joinerHandshake, readHello, rendezvousJoiner } from '@bowline/pairing-protocol';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { testWorld } from './devices.ts';
import { endOf, type Stranger, stranger } from './stranger.ts';

const CARD = { name: 'mallory', platform: 'linux' };
/** More than anybody is let have. */
const MANY = 60;

/** A nonce of its own for every number. */
const nonceOf = (count: number): Uint8Array => {
  const nonce = new Uint8Array(32);
  new DataView(nonce.buffer).setUint32(0, count);
  return nonce;
};

const leaked = async (policy: 'ask' | 'accept' = 'ask') => {
  const world = testWorld();
  const nas = await world.device('nas', { relayUrls: [], meetingRelayUrls: [] });
  const laptop = await world.device('laptop', { relayUrls: [], meetingRelayUrls: [] });
  const offer = await nas.offer(policy);
  await settle();
  const keys = derivePairingKeys(parseCode(offer.words).entropy);
  const begin = (mallory: Stranger, count: number) => {
    const ends = { initiator: nas.endpointId, joiner: mallory.endpointId };
    return joinerHandshake({ keys, ends, card: CARD, nonce: nonceOf(count) });
  };
  return { world, nas, laptop, keys, begin, ...offer };
};

/** Says hello and hears what comes back; `null` when nothing does. */
const challenged = async (
  connection: PeerConnection,
  handshake: ReturnType<typeof joinerHandshake>,
): Promise<Uint8Array | null> => {
  try {
    await connection.send(handshake.hello);
    await settle();
    return await connection.nextFrame({ timeoutMs: 1_000 });
  } catch {
    return null;
  }
};

describe('somebody who has seen the code', () => {
  it('looks at the digits of sixteen handshakes at most, from however many endpoints, before the code is withdrawn', async () => {
    const { world, nas, begin } = await leaked();
    let looks = 0;
    for (let count = 0; count < MANY; count += 1) {
      const mallory = await stranger(world);
      const connection = await mallory.dial(nas);
      const handshake = begin(mallory, count);
      const frame = await challenged(connection, handshake);
      if (frame !== null && handshake.receive(frame).kind === 'answer') looks += 1;
      await connection.close('cancelled', '');
      await world.clock.advance(300);
    }
    expect(looks).toBe(16);
    expect(nas.failed()).toMatchObject([{ code: 'CODE_BURNT' }]);
  });

  it('gets no more of them by asking from many endpoints at once', async () => {
    const { world, nas, begin } = await leaked();
    const heardBy: Promise<Uint8Array | null>[] = [];
    for (let count = 0; count < MANY; count += 1) {
      const mallory = await stranger(world);
      heardBy.push(challenged(await mallory.dial(nas), begin(mallory, count)));
      await settle();
    }
    await world.clock.advance(20_000);
    const heard = (await Promise.all(heardBy)).filter((frame) => frame !== null);
    expect(heard.filter((frame) => Buffer.from(frame).includes('challenge'))).toHaveLength(16);
  });

  it('is slowed down like a stranger as long as it does not go on to prove the code', async () => {
    const { world, nas, begin } = await leaked();
    const mallory = await stranger(world);
    const ends: (string | null)[] = [];
    for (let count = 0; count < 12; count += 1) {
      const connection = await mallory.dial(nas);
      await challenged(connection, begin(mallory, count));
      ends.push(await endOf(connection));
      await connection.close('cancelled', '');
    }
    expect(ends.filter((end) => end === 'busy')).toHaveLength(2);
  });

  it('and has claimed it cannot have the person asked without end', async () => {
    const { world, nas, begin } = await leaked();
    const mallory = await stranger(world);
    for (let count = 0; count < MANY; count += 1) {
      const connection = await mallory.dial(nas);
      const handshake = begin(mallory, count);
      const challenge = await challenged(connection, handshake);
      if (challenge === null) break;
      const step = handshake.receive(challenge);
      if (step.kind !== 'answer') break;
      await connection.send(step.frame);
      const end = handshake.receive(await connection.nextFrame({ timeoutMs: 1_000 }));
      if (end.kind === 'finished') await connection.send(end.finish);
      await settle();
      await connection.close('done', '');
      await settle();
    }
    expect(nas.asked()).toHaveLength(16);
    expect(nas.failed()).toMatchObject([{ code: 'CODE_BURNT' }]);
    expect(nas.store.list()).toEqual([]);
  });

  it('and plays the initiator sees the digits of eight handshakes of one join, from however many endpoints', async () => {
    const { world, nas, laptop, keys, words } = await leaked();
    const [tag] = world.lan.tags();
    await nas.actor.stop();
    let answers = 0;
    for (let count = 0; count < MANY; count += 1) {
      const mallory = await stranger(world);
      mallory.connections.onAccepted(PAIR_ALPN, (connection) => {
        const answer = async (): Promise<void> => {
          const hello = readHello(await connection.nextFrame({ timeoutMs: 1_000 }));
          const ends = { initiator: mallory.endpointId, joiner: laptop.endpointId };
          const handshake = initiatorHandshake({ keys, ends, hello, card: CARD, nonce: nonceOf(count) });
          await connection.send(handshake.challenge);
          if (handshake.receive(await connection.nextFrame({ timeoutMs: 1_000 })).kind === 'proven') answers += 1;
          await connection.close('not-responding', '');
        };
        answer().catch(() => undefined);
      });
      world.lan.forge(`mallory-${count}`, tag ?? '', mallory.endpointId, mallory.addresses);
    }
    await laptop.join(words);
    await world.clock.advance(20_000);
    expect(answers).toBe(8);
    expect(laptop.failed()).toMatchObject([{ code: 'CODE_BURNT' }]);
  });
});

describe('holders of a code that has ended', () => {
  it.each(['pair', 'rendezvous'] as const)(
    'do not keep those with a live one away from the %s acceptor',
    async (protocol) => {
      const world = testWorld();
      const settings = protocol === 'pair' ? { relayUrls: [], meetingRelayUrls: [] } : { hasMdns: false };
      const nas = await world.device('nas', settings);
      const laptop = await world.device('laptop', settings);
      const phone = await world.device('phone', settings);
      const old = await nas.offer();
      await phone.join(old.words);
      await world.clock.advance(2_000);
      expect(phone.completed()).toHaveLength(1);
      const { words } = await nas.offer();
      const oldKeys = derivePairingKeys(parseCode(old.words).entropy);
      const over = new AbortController();
      let count = 0;
      const come = async (mallory: Stranger): Promise<void> => {
        count += 1;
        if (protocol === 'pair') {
          const connection = await mallory.dial(nas);
          const ends = { initiator: nas.endpointId, joiner: mallory.endpointId };
          const { hello } = joinerHandshake({ keys: oldKeys, ends, card: CARD, nonce: nonceOf(count) });
          await connection.send(hello);
          await connection.closed;
        } else {
          const rendezvous = oldKeys.rendezvousEndpointId;
          const connection = await mallory.dial({ endpointId: rendezvous, identity: nas.identity }, RENDEZVOUS_ALPN);
          const ends = { rendezvous, joiner: mallory.endpointId };
          await connection.send(rendezvousJoiner(oldKeys.rendezvousProofKey, ends, nonceOf(count)).ask);
          await connection.closed;
        }
      };
      const besiege = async (mallory: Stranger): Promise<void> => {
        while (!over.signal.aborted) {
          await come(mallory).catch(() => undefined);
          await new Promise<void>((resolve) => void world.clock.setTimer(5, resolve));
        }
      };
      for (const mallory of [await stranger(world), await stranger(world)]) {
        for (let lane = 0; lane < 16; lane += 1) void besiege(mallory);
      }
      await world.clock.advance(100);
      await laptop.join(words);
      while (laptop.completed().length + laptop.failed().length === 0) await world.clock.advance(20);
      over.abort();
      expect(count).toBeGreaterThan(30);
      expect(laptop.failed()).toEqual([]);
      expect(laptop.completed()).toHaveLength(1);
    },
  );
});

describe('a joiner on a bad line', () => {
  it('pairs although ten of its handshakes broke in the middle', async () => {
    const { world, nas, laptop, words } = await leaked('accept');
    world.network.setDelay(nas.endpointId, laptop.endpointId, 50);
    for (let round = 0; round < 2; round += 1) {
      const joinId = await laptop.join(words);
      for (let broken = 0; broken < 5; broken += 1) {
        await world.clock.advance(175);
        world.network.cut(nas.endpointId, laptop.endpointId);
        await world.clock.advance(1_000);
      }
      if (round === 0) await laptop.cancel(joinId);
    }
    const broken = nas.logger.lines.filter(({ message }) => message === 'handshake ended');
    expect(broken).toHaveLength(10);
    await world.clock.advance(5_000);
    expect([nas.completed().length, laptop.completed().length]).toEqual([1, 1]);
  });
});
