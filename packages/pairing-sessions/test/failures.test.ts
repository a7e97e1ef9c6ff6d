import { brandAs, type DiscoveryChannel, type RelayUrl } from '@bowline/contracts';
import { wordsOfEntropy } from '@bowline/pairing-code';
import { settle } from '@bowline/testing';
import { describe, expect, it, vi } from 'vitest';
import { FORGOTTEN_MS, RELAY, testWorld } from './devices.ts';
import { fakeClient } from './fake-peers.ts';

const UNKNOWN = wordsOfEntropy(new Uint8Array(16).fill(200));

/** Two devices on one network, one of which shows a code. */
const offered = async (policy: 'ask' | 'accept' = 'accept', ttlMs = 300_000) => {
  const world = testWorld();
  const nas = await world.device('nas');
  const laptop = await world.device('laptop');
  const offer = await nas.offer(policy, ttlMs);
  return { world, nas, laptop, offer, ...offer };
};

describe('a search', () => {
  it('that finds nobody says so within 12 s, with every source and its reason', async () => {
    const world = testWorld();
    const laptop = await world.device('laptop');
    await laptop.join(UNKNOWN);
    await world.clock.advance(11_900);
    expect(laptop.failed()).toEqual([]);
    await world.clock.advance(200);
    const [failure] = laptop.failed();
    expect(failure).toMatchObject({
      role: 'joiner',
      code: 'NOBODY_FOUND',
      attempts: [
        { via: 'mdns', reason: 'no answer in 12 s on lan0' },
        { via: 'ticket', reason: 'not given' },
        { via: 'rendezvous' },
      ],
    });
    expect(failure?.attempts[2]?.reason).toContain('nobody there in 12 s on relay relay.test');
    expect(failure?.reason).toContain('found by its ticket only');
    expect(laptop.store.list()).toEqual([]);
    expect(laptop.switchboard.hints.size).toBe(0);
  });

  it('says which of its relays this device reaches, and why not the others', async () => {
    const world = testWorld();
    const laptop = await world.device('laptop');
    const relay = { url: RELAY, role: 'home', state: 'connected', rttMs: 1, downReason: null } as const;
    const other = { ...relay, url: brandAs<RelayUrl>('https://other.test/') };
    laptop.switchboard.setRelays([relay, other]);
    await laptop.join(UNKNOWN);
    await world.clock.advance(13_000);
    laptop.switchboard.setRelays([{ ...relay, state: 'down', downReason: 'dns' }, other]);
    await laptop.join(UNKNOWN);
    await world.clock.advance(13_000);
    const [whileUp, whileDown] = laptop.failed();
    expect(whileUp?.attempts[2]?.reason).toMatch(/^nobody there in 12 s on relay relay.test; relay.test is connected/);
    expect(whileUp?.attempts[2]?.reason).not.toContain('other.test');
    expect(whileDown?.attempts[2]?.reason).toContain('relay.test is down: its name is not known');
    expect(whileDown?.reason).toContain('reaches none of its relays');
  });

  it('says what keeps a source from finding anybody', async () => {
    const world = testWorld();
    const problem = 'Nobody can be found on the local network: port 5353 is taken; free it.';
    const { client } = fakeClient<DiscoveryChannel>({
      search: () => ({ source: 'lame', candidateCount: 0, summary: 'no answer', problem }),
    });
    const laptop = await world.device('laptop', { moreSources: [{ name: 'lame', trust: 'hearsay', client }] });
    await laptop.join(UNKNOWN);
    await world.clock.advance(13_000);
    expect(laptop.failed()[0]?.reason).toMatch(/^No device .* only\. Nobody can be found .*; free it\.$/);
  });

  it('without relays says what that means', async () => {
    const world = testWorld();
    const laptop = await world.device('laptop', { relayUrls: [] });
    await laptop.join(UNKNOWN);
    await world.clock.advance(13_000);
    expect(laptop.failed()[0]?.reason).toContain('this device uses no relay');
  });

  it('ends at once when every source has given up', async () => {
    const world = testWorld();
    const laptop = await world.device('laptop', { relayUrls: [], hasMdns: false });
    await laptop.join(UNKNOWN);
    await settle();
    expect(laptop.failed()).toMatchObject([{ code: 'NOBODY_FOUND' }]);
  });

  it('with a ticket of the past whose device does not answer says that the code has expired', async () => {
    const { world, nas, laptop, ticket } = await offered();
    await nas.actor.stop();
    await nas.endpoint.request('unbind', { endpointId: nas.endpointId });
    await world.clock.advance(301_000);
    await laptop.join(ticket);
    await world.clock.advance(13_000);
    expect(laptop.failed()).toMatchObject([{ code: 'CODE_EXPIRED' }]);
  });

  it('believes a device that answers, whatever the clocks say', async () => {
    const { world, nas, laptop, ticket } = await offered();
    world.clock.setWallTime(world.clock.nowMs() + 86_400_000);
    // The initiator's own clock decides; here both share one, so its code is checked by what it remembers.
    await laptop.join(ticket);
    await world.clock.advance(1_000);
    expect(laptop.failed()).toMatchObject([{ code: 'CODE_EXPIRED' }]);
    expect(nas.failed()).toMatchObject([{ code: 'CODE_EXPIRED' }]);
  });

  it('with a ticket of a code from before that device stopped finds no such code', async () => {
    const { world, nas, laptop, ticket, sessionId } = await offered();
    await nas.cancel(sessionId);
    await nas.actor.stop();
    await nas.actor.start();
    await laptop.join(ticket);
    await world.clock.advance(13_000);
    expect(laptop.failed()).toMatchObject([{ code: 'CODE_UNKNOWN' }]);
  });

  it('survives a restart of the endpoint', async () => {
    const world = testWorld();
    const nas = await world.device('nas');
    const laptop = await world.device('laptop');
    const { words } = await nas.offer();
    world.network.block(nas.endpointId, laptop.endpointId);
    await laptop.join(words);
    await laptop.restartEndpoint();
    world.network.unblock(nas.endpointId, laptop.endpointId);
    await world.clock.advance(5_000);
    await settle();
    expect(laptop.completed()).toHaveLength(1);
  });

  it('is found again when the initiator’s endpoint restarts', async () => {
    const world = testWorld();
    const nas = await world.device('nas', { hasMdns: false });
    const laptop = await world.device('laptop', { hasMdns: false });
    const { words } = await nas.offer();
    await settle();
    await nas.restartEndpoint();
    await laptop.join(words);
    await world.clock.advance(3_000);
    expect(laptop.completed()).toMatchObject([{ via: 'rendezvous' }]);
  });
});

describe('a code that ended', () => {
  it('expires by the initiator’s clock, and late joiners are told why for half a minute', async () => {
    const { world, nas, laptop, words } = await offered('accept', 10_000);
    await world.clock.advance(10_000);
    expect(nas.failed()).toMatchObject([{ role: 'initiator', code: 'CODE_EXPIRED' }]);
    expect(nas.switchboard.admitted.size).toBe(0);
    await laptop.join(words);
    await world.clock.advance(100);
    expect(laptop.failed()).toMatchObject([{ code: 'CODE_EXPIRED' }]);
    await world.clock.advance(30_000);
    expect(world.lan.tags()).toEqual([]);
  });

  it.each([
    ['at once when the device presents itself again', 0],
    ['within ten seconds otherwise', 10_000],
  ])('that expired while the machine slept is taken off the network %s', async (_when, waitMs) => {
    const { world, nas } = await offered();
    await world.clock.advance(10_000);
    world.clock.setWallTime(world.clock.nowMs() + 3_600_000);
    if (waitMs === 0) await nas.client.request('presentSelf', nas.identity());
    await world.clock.advance(waitMs);
    await settle();
    expect(nas.failed()).toMatchObject([{ code: 'CODE_EXPIRED' }]);
    expect(nas.switchboard.admitted.size).toBe(0);
    await world.clock.advance(31_000);
    expect(world.lan.tags()).toEqual([]);
  });

  it('is used once: a second joiner is told', async () => {
    const { world, nas, laptop, words } = await offered();
    const phone = await world.device('phone');
    await laptop.join(words);
    await world.clock.advance(100);
    await phone.join(words);
    await world.clock.advance(100);
    expect(phone.failed()).toMatchObject([{ code: 'CODE_USED', attempts: [] }]);
    expect(phone.store.list()).toEqual([]);
    expect(nas.store.list()).toHaveLength(1);
  });

  it('is paired again for the device that used it, which is told how it got there', async () => {
    const { world, nas, laptop, words } = await offered();
    await laptop.join(words);
    await world.clock.advance(100);
    await laptop.join(words);
    await world.clock.advance(100);
    expect(laptop.completed()).toMatchObject([{ path: 'direct' }, { path: 'direct', device: { name: 'nas' } }]);
    expect(nas.store.list()).toHaveLength(1);
  });

  it('is told as used for ten minutes, to whoever has the ticket, and then known no more', async () => {
    const { world, nas, laptop, ticket } = await offered();
    await laptop.join(ticket);
    await world.clock.advance(100);
    const lateFailure = async (name: string) => {
      const late = await world.device(name);
      await late.join(ticket);
      await world.clock.advance(13_000);
      return late.failed().map(({ code }) => code);
    };
    await world.clock.advance(9 * 60_000);
    expect(await lateFailure('phone')).toEqual(['CODE_USED']);
    await world.clock.advance(60_000);
    expect(await lateFailure('tablet')).toEqual(['CODE_UNKNOWN']);
    expect(nas.store.list()).toHaveLength(1);
  });

  it('is told as used over the rendezvous too, until half a minute later or its expiry', async () => {
    const world = testWorld();
    const nas = await world.device('nas', { hasMdns: false });
    const laptop = await world.device('laptop', { hasMdns: false });
    const phone = await world.device('phone', { hasMdns: false });
    const { words } = await nas.offer('accept', 20_000);
    await laptop.join(words);
    await world.clock.advance(1_000);
    expect(laptop.completed()).toHaveLength(1);
    expect(nas.switchboard.admitted.size).toBe(1);
    await phone.join(words);
    await world.clock.advance(1_000);
    expect(phone.failed()).toMatchObject([{ code: 'CODE_USED' }]);
    await world.clock.advance(18_500);
    expect(nas.switchboard.admitted.size).toBe(0);
  });

  it('keeps at most two rendezvous endpoints', async () => {
    const world = testWorld();
    const nas = await world.device('nas');
    for (const name of ['one', 'two', 'three', 'four']) {
      const joiner = await world.device(name);
      const { words } = await nas.offer();
      await joiner.join(words);
      await world.clock.advance(100);
      expect(joiner.completed()).toHaveLength(1);
    }
    expect(nas.switchboard.admitted.size).toBe(2);
  });

  it('works again for the device it paired, which only hears that it is paired', async () => {
    const { world, nas, laptop, words } = await offered();
    await laptop.join(words);
    await world.clock.advance(100);
    await laptop.join(words);
    await world.clock.advance(100);
    expect(laptop.completed()).toHaveLength(2);
    expect(nas.completed()).toHaveLength(1);
  });

  it('goes to exactly one of two joiners that race', async () => {
    const { world, nas, laptop, words } = await offered();
    const phone = await world.device('phone');
    await Promise.all([laptop.join(words), phone.join(words)]);
    await world.clock.advance(100);
    expect(nas.completed()).toHaveLength(1);
    expect([...laptop.completed(), ...phone.completed()]).toHaveLength(1);
    expect([...laptop.failed(), ...phone.failed()]).toMatchObject([{ code: 'CODE_USED' }]);
  });
});

describe('a person', () => {
  it('who rejects on the initiator ends it for both, and nothing is stored', async () => {
    const { world, nas, laptop, words, sessionId } = await offered('ask');
    await laptop.join(words);
    await nas.decide(sessionId, false);
    await world.clock.advance(100);
    expect([nas.failed()[0]?.code, laptop.failed()[0]?.code]).toEqual(['REJECTED', 'REJECTED']);
    expect(nas.failed()[0]?.reason).not.toBe(laptop.failed()[0]?.reason);
    expect([nas.store.list(), laptop.store.list()]).toEqual([[], []]);
  });

  it('who rejects on the joiner ends it for both, and nothing is stored', async () => {
    const { world, nas, laptop, words } = await offered();
    const joinId = await laptop.join(words, 'ask');
    await laptop.decide(joinId, false);
    await world.clock.advance(100);
    expect([nas.failed()[0]?.code, laptop.failed()[0]?.code]).toEqual(['REJECTED', 'REJECTED']);
    expect([nas.store.list(), laptop.store.list()]).toEqual([[], []]);
  });

  it('who does not decide within a minute ends it for both', async () => {
    const { world, nas, laptop, words } = await offered('ask');
    await laptop.join(words);
    await world.clock.advance(60_100);
    expect([nas.failed()[0]?.code, laptop.failed()[0]?.code]).toEqual(['TIMED_OUT', 'TIMED_OUT']);
    expect([nas.store.list(), laptop.store.list()]).toEqual([[], []]);
  });

  it('who says yes to digits that a later handshake has replaced is asked again, and a no counts', async () => {
    const { world, nas, laptop, words, sessionId } = await offered('ask');
    await laptop.join(words, 'ask');
    world.network.cut(nas.endpointId, laptop.endpointId);
    await world.clock.advance(2_000);
    const [before, now] = nas.asked().map(({ authenticationString }) => authenticationString);
    expect(now).not.toBe(before);
    await nas.decide(sessionId, true, before);
    await laptop.decide(laptop.asked().at(-1)!.sessionId, true);
    await world.clock.advance(100);
    expect([nas.states().at(-1), nas.store.list()]).toEqual(['confirming', []]);
    await nas.decide(sessionId, false, before);
    expect(nas.failed()).toMatchObject([{ code: 'REJECTED' }]);
  });

  it('who decides for a session that asked nothing changes nothing', async () => {
    const { world, nas, laptop, words, sessionId } = await offered('ask');
    await nas.decide(sessionId, true);
    await laptop.join(words);
    await world.clock.advance(100);
    expect(nas.asked()).toHaveLength(1);
    expect(nas.store.list()).toEqual([]);
  });
});

describe('cancelling', () => {
  it('on the initiator while nobody has come withdraws everything at once', async () => {
    const { world, nas, sessionId } = await offered();
    await settle();
    expect([world.lan.tags().length, nas.switchboard.admitted.size]).toEqual([1, 1]);
    await nas.cancel(sessionId);
    expect([world.lan.tags().length, nas.switchboard.admitted.size]).toEqual([0, 0]);
    expect(nas.failed()).toMatchObject([{ code: 'CANCELLED' }]);
    await world.clock.advance(FORGOTTEN_MS);
    expect(world.clock.pendingTimerCount).toBe(0);
  });

  it('on the joiner while it searches aborts its dials and searches', async () => {
    const world = testWorld();
    const laptop = await world.device('laptop');
    const joinId = await laptop.join(UNKNOWN);
    await laptop.cancel(joinId);
    expect(laptop.failed()).toMatchObject([{ code: 'CANCELLED', attempts: [] }]);
    expect(world.clock.pendingTimerCount).toBe(0);
  });

  it.each(['nas', 'laptop'] as const)('on the %s while people compare tells the other', async (who) => {
    const { world, nas, laptop, words, sessionId } = await offered('ask');
    const joinId = await laptop.join(words, 'ask');
    if (who === 'nas') await nas.cancel(sessionId);
    else await laptop.cancel(joinId);
    await world.clock.advance(100);
    expect([nas.failed()[0]?.code, laptop.failed()[0]?.code]).toEqual(['CANCELLED', 'CANCELLED']);
    await world.clock.advance(40_000);
    expect([world.lan.tags(), nas.switchboard.admitted.size, world.network.openConnectionCount]).toEqual([[], 0, 0]);
  });

  it('after the end changes nothing, and unknown sessions are ignored', async () => {
    const { world, nas, laptop, words, sessionId } = await offered();
    await laptop.join(words);
    await world.clock.advance(100);
    await nas.cancel(sessionId);
    await nas.decide(sessionId, false);
    expect(nas.completed()).toHaveLength(1);
    expect(nas.failed()).toEqual([]);
  });

  it('by stopping the actor ends every session and gives everything back', async () => {
    const { world, nas, laptop, words } = await offered('ask');
    await nas.offer();
    await laptop.join(words, 'ask');
    await nas.actor.stop();
    await laptop.actor.stop();
    await settle();
    expect(nas.failed()).toHaveLength(2);
    expect(laptop.failed()).toHaveLength(1);
    const told = nas.told.length;
    await world.clock.advance(FORGOTTEN_MS);
    expect(nas.told.length).toBe(told);
    expect([world.lan.tags(), nas.switchboard.admitted.size, world.network.openConnectionCount]).toEqual([[], 0, 0]);
    expect(world.clock.pendingTimerCount).toBe(0);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'by either side after %i half trips leaves both in agreement',
    async (steps) => {
      for (const who of ['nas', 'laptop'] as const) {
        const world = testWorld();
        const nas = await world.device('nas');
        const laptop = await world.device('laptop');
        world.network.setDelay(nas.endpointId, laptop.endpointId, 50);
        const { words, sessionId } = await nas.offer();
        const joinId = await laptop.join(words);
        await world.clock.advance(50 * steps + 10);
        if (who === 'nas') void nas.client.request('cancel', { sessionId });
        else void laptop.client.request('cancel', { sessionId: joinId });
        await world.clock.advance(FORGOTTEN_MS);
        expect([nas.store.states(), laptop.store.states()]).toSatisfy(
          ([left, right]: [string[], string[]]) => JSON.stringify(left) === JSON.stringify(right),
        );
        expect([world.lan.tags(), nas.switchboard.admitted.size, world.network.openConnectionCount]).toEqual([
          [],
          0,
          0,
        ]);
      }
    },
  );
});

describe('stopping', () => {
  it.each(Array.from({ length: 10 }, (_, step) => step))(
    'after %i half trips ends every session and every timer',
    async (step) => {
      for (const who of ['nas', 'laptop'] as const) {
        const world = testWorld();
        const nas = await world.device('nas');
        const laptop = await world.device('laptop');
        world.network.setDelay(nas.endpointId, laptop.endpointId, 50);
        const { words } = await nas.offer();
        await laptop.join(words);
        await world.clock.advance(50 * step + 10);
        const stopping = who === 'nas' ? nas : laptop;
        const stopped = stopping.actor.stop();
        await world.clock.advance(3_000);
        await stopped;
        expect(stopping.completed().length + stopping.failed().length).toBe(1);
        const told = stopping.told.length;
        await world.clock.advance(FORGOTTEN_MS);
        expect(stopping.told.length).toBe(told);
        expect([world.network.openConnectionCount, world.clock.pendingTimerCount]).toEqual([0, 0]);
      }
    },
  );
});

describe('relay hints', () => {
  it('of a device that is left as a stored one are taken back once it has been adopted', async () => {
    const { world, nas, laptop, ticket } = await offered();
    await laptop.join(ticket);
    await world.clock.advance(5_000);
    expect(laptop.completed()).toHaveLength(1);
    expect(laptop.switchboard.hints.get(nas.endpointId)).toEqual([RELAY]);
    await world.clock.advance(10_000);
    expect(laptop.switchboard.hints.size).toBe(0);
  });

  it('are told again to a switchboard that was restarted', async () => {
    const { world, nas, laptop, ticket } = await offered('ask');
    await laptop.join(ticket, 'ask');
    await world.clock.advance(100);
    laptop.switchboard.hints.clear();
    await laptop.client.request('presentSelf', laptop.identity());
    await settle();
    expect(laptop.switchboard.hints.get(nas.endpointId)).toEqual([RELAY]);
  });

  it('of one session stay when another ends that has met the same device', async () => {
    const { world, nas, laptop, ticket, sessionId } = await offered();
    await laptop.join(ticket);
    await world.clock.advance(100);
    expect(laptop.completed()).toHaveLength(1);
    expect(sessionId).toBe(nas.completed()[0]?.sessionId);
    const again = await nas.offer();
    await laptop.join(again.ticket);
    await world.clock.advance(100);
    expect(laptop.failed()).toMatchObject([{ code: 'ALREADY_PAIRED' }]);
    expect(laptop.switchboard.hints.get(nas.endpointId)).toEqual([RELAY]);
  });
});

describe('an endpoint that is bound anew while its worker lives', () => {
  it('leaves no rendezvous behind when the device has no relay any more', async () => {
    const { nas, sessionId } = await offered();
    await settle();
    await nas.client.request('dropAll', {});
    await nas.client.request('presentSelf', { ...nas.identity(), relayUrls: [], meetingRelayUrls: [] });
    await settle();
    expect(nas.switchboard.admitted.size).toBe(0);
    await nas.cancel(sessionId);
  });

  it('leaves no rendezvous behind when the code ends meanwhile', async () => {
    const { nas, sessionId } = await offered();
    await settle();
    const unbound = vi.spyOn(nas.endpoint, 'request');
    await nas.client.request('dropAll', {});
    await nas.cancel(sessionId);
    await nas.client.request('presentSelf', nas.identity());
    await settle();
    expect(nas.switchboard.admitted.size).toBe(0);
    expect(unbound.mock.calls.map(([name]) => name)).toContain('unbind');
  });

  it('moves a rendezvous that is still open to the loopback relay of now', async () => {
    const { nas } = await offered();
    await settle();
    const asked = vi.spyOn(nas.endpoint, 'request');
    await nas.client.request('dropAll', {});
    const loopbackRelayUrl = 'http://127.0.0.1:2/';
    await nas.client.request('presentSelf', { ...nas.identity(), loopbackRelayUrl });
    await settle();
    expect(asked).toHaveBeenCalledWith('replaceRelay', expect.objectContaining({ loopbackRelayUrl }));
  });
});

describe('a switchboard that was restarted', () => {
  it('is told the rendezvous key again', async () => {
    const { nas } = await offered();
    await settle();
    nas.switchboard.admitted.clear();
    await nas.client.request('presentSelf', nas.identity());
    await settle();
    expect(nas.switchboard.admitted.size).toBe(1);
  });
});

describe('a store', () => {
  it.each(['nas', 'laptop'] as const)(
    'that is slow on the %s keeps nothing of a session cancelled meanwhile',
    async (who) => {
      const { world, nas, laptop, words, sessionId } = await offered();
      const release = (who === 'nas' ? nas : laptop).store.hold();
      const joinId = await laptop.join(words);
      await world.clock.advance(100);
      expect((who === 'nas' ? nas : laptop).states().at(-1)).toBe('storing');
      if (who === 'nas') void nas.client.request('cancel', { sessionId });
      else void laptop.client.request('cancel', { sessionId: joinId });
      await settle();
      release();
      await world.clock.advance(30_000);
      expect([nas.store.list(), laptop.store.list()]).toEqual([[], []]);
      expect([nas.failed().length, laptop.failed().length]).toEqual([1, 1]);
    },
  );

  it('that promoted a device meanwhile is not made to forget it', async () => {
    const { world, nas, laptop, words } = await offered();
    const release = laptop.store.hold();
    await laptop.join(words);
    await world.clock.advance(100);
    expect(nas.states().at(-1)).toBe('exchanging');
    const [device] = nas.store.list();
    nas.store.put({ ...device!, pairingState: 'paired' });
    await nas.actor.stop();
    release();
    expect(nas.store.states()).toEqual(['paired']);
  });

  it('that has the device already refuses on that side, and the other is told', async () => {
    const { world, nas, laptop, words } = await offered();
    await laptop.join(words);
    await world.clock.advance(100);
    const again = await nas.offer();
    await laptop.store.client.request('removeDevice', { deviceId: laptop.store.list()[0]!.id });
    await laptop.join(again.words);
    await world.clock.advance(100);
    expect(nas.failed()).toMatchObject([{ code: 'ALREADY_PAIRED' }]);
    expect(laptop.failed()).toMatchObject([{ code: 'ALREADY_PAIRED' }]);
    expect([nas.store.states(), laptop.store.states()]).toEqual([['paired'], []]);
  });

  it.each(['nas', 'laptop'] as const)('that fails on the %s ends it for both', async (who) => {
    const { world, nas, laptop, words } = await offered();
    (who === 'nas' ? nas : laptop).store.fail('STORE_FULL');
    await laptop.join(words);
    await world.clock.advance(100);
    const own = who === 'nas' ? nas : laptop;
    const other = who === 'nas' ? laptop : nas;
    expect(own.failed()).toMatchObject([{ code: 'STORE_FULL', reason: 'the store failed' }]);
    const there = { code: 'STORE_FULL', reason: expect.stringContaining("other device's disk is full") };
    expect(other.failed()).toMatchObject([there]);
    expect([nas.store.list(), laptop.store.list()]).toEqual([[], []]);
  });
});

describe('a device that stops as soon as it is told that it is paired', () => {
  it('lets the other one hear it first', async () => {
    const { world, nas, laptop, words } = await offered();
    world.network.setDelay(nas.endpointId, laptop.endpointId, 50);
    const gone = vi.fn(() => nas.endpoint.request('unbind', { endpointId: nas.endpointId }));
    nas.client.on('pairing.completed', () => void nas.actor.stop().then(gone));
    await laptop.join(words);
    await world.clock.advance(2_000);
    expect(gone).toHaveBeenCalledOnce();
    expect(laptop.completed()).toHaveLength(1);
    expect(nas.completed()).toHaveLength(1);
  });

  it('waits 2 s for one that has gone silent, and no longer', async () => {
    const { world, nas, laptop, words } = await offered();
    const gone = vi.fn();
    nas.client.on('pairing.completed', () => {
      world.network.block(nas.endpointId, laptop.endpointId);
      void nas.actor.stop().then(gone);
    });
    await laptop.join(words);
    await world.clock.advance(1_900);
    expect(gone).not.toHaveBeenCalled();
    await world.clock.advance(200);
    expect(gone).toHaveBeenCalledOnce();
  });
});
