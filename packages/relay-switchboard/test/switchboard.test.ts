import { NOBODY_ENDPOINT_ID } from '@bowline/contracts';
import { type FakeClock, fakeClock, settle } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { relayUrl, SimulatedDevice, settings } from './support/simulated-device.ts';
import { SimulatedRelays } from './support/simulated-relays.ts';

let clock: FakeClock;
let relays: SimulatedRelays;
let alice: SimulatedDevice;
let bob: SimulatedDevice;

const [a, b, c] = [relayUrl('a'), relayUrl('b'), relayUrl('c')];

beforeEach(() => {
  clock = fakeClock();
  relays = new SimulatedRelays(clock);
  alice = new SimulatedDevice(clock, relays, 1);
  bob = new SimulatedDevice(clock, relays, 2);
});

/** Both on relays a and b, and each has heard the other. */
const connected = async (): Promise<void> => {
  alice.switchboard.configureRelays([settings('a'), settings('b')]);
  bob.switchboard.configureRelays([settings('a'), settings('b')]);
  await clock.advance(2_000);
  alice.send(bob.endpointId, 'hello');
  await clock.advance(50);
  bob.send(alice.endpointId, 'hello');
  await clock.advance(50);
  alice.take();
  bob.take();
};

describe('a drill', () => {
  it('drops the login at a relay, whose place another one takes, and comes back by itself', async () => {
    await connected();
    const moved: string[] = [];
    alice.switchboard.watchMachines(true);
    expect(alice.switchboard.dropRelay(a)).toBe(true);
    await clock.advance(1);
    expect(alice.toldOf('relay.stateChanged').at(-1)).toMatchObject({ url: a, state: 'down', downReason: 'closed' });
    expect(alice.switchboard.status().homeRelayUrl).toBe(b);
    await clock.advance(2_000);
    expect(alice.switchboard.status().relays.map(({ state }) => state)).toEqual(['connected', 'connected']);
    for (const { session, to } of alice.toldOf('machine.moved')) if (session === a) moved.push(to);
    expect(moved).toEqual(['down.pausing', 'down.retrying', 'connected.usable']);
  });

  it('drops nothing where there is no login', () => expect(alice.switchboard.dropRelay(c)).toBe(false));
});

describe('a device that is connected and at peace', () => {
  it('wakes up for each ping of a relay, and a few times more', async () => {
    const setTimer = clock.setTimer.bind(clock);
    let wakeUps = 0;
    clock.setTimer = (delayMs, callback, options) =>
      setTimer(
        delayMs,
        () => {
          wakeUps += 1;
          callback();
        },
        options,
      );
    alice.switchboard.configureRelays([settings('a')]);
    await clock.advance(60_000);
    wakeUps = 0;
    await clock.advance(600_000);
    // A ping each 5 s; what it and its answer take on their way are two timers of the simulated relay.
    expect(wakeUps).toBeLessThanOrEqual(3 * 120 + 600 / 30 + 3);
    expect(wakeUps).toBeGreaterThan(3 * 120);
  });
});

describe('absences', () => {
  it('are what relays say of a device until it is heard there again', async () => {
    await connected();
    expect(alice.switchboard.absences(bob.endpointId)).toEqual([]);
    bob.switchboard.close();
    alice.send(bob.endpointId, 'are you there?');
    await clock.advance(100);
    expect(alice.switchboard.absences(bob.endpointId).map(({ relayUrl: url }) => url)).toContain(a);
  });
});

/** Each sends the other one datagram every 20 ms. */
const chat = async (durationMs: number): Promise<void> => {
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs += 20) {
    alice.send(bob.endpointId, 'a');
    bob.send(alice.endpointId, 'b');
    await clock.advance(20);
  }
};

describe('presence', () => {
  it('is nowhere before relays are configured', async () => {
    await clock.advance(60_000);
    expect(relays.dials).toEqual([]);
    expect(alice.switchboard.status()).toEqual({ relays: [], homeRelayUrl: null });
  });

  it('is a home and a warm standby, told with a reason', async () => {
    alice.switchboard.configureRelays([settings('a'), settings('b')]);
    await clock.advance(5_000);
    expect(alice.switchboard.status()).toEqual({
      relays: [
        { url: a, role: 'home', state: 'connected', rttMs: 10, downReason: null },
        { url: b, role: 'standby', state: 'connected', rttMs: 10, downReason: null },
      ],
      homeRelayUrl: a,
    });
    expect(alice.toldOf('relay.homeChanged').at(-1)?.relayUrls).toEqual([a, b]);
    expect(alice.toldOf('relay.homeChanged')[0]).toMatchObject({
      homeRelayUrl: a,
      previous: null,
      reason: 'a.example is the best relay that is connected.',
    });
  });

  it('has a home as soon as one relay answers, however long the others take', async () => {
    relays.set(a, { mode: 'frozen' });
    alice.switchboard.configureRelays([settings('a'), settings('b')]);
    await clock.advance(30);
    expect(alice.switchboard.status().homeRelayUrl).toBe(b);
  });

  it('moves home at once when the home relay dies', async () => {
    await connected();
    relays.kill(a);
    await settle();
    expect(alice.toldOf('relay.homeChanged').at(-1)).toMatchObject({
      homeRelayUrl: b,
      previous: a,
      relayUrls: [b, a],
      reason: 'a.example stopped working; b.example took over.',
    });
  });

  it('is given up with an empty list, hints included', async () => {
    await connected();
    alice.hint(bob.endpointId, [c]);
    alice.switchboard.configureRelays([]);
    const dials = relays.dials.length;
    alice.send(bob.endpointId, 'x');
    await clock.advance(120_000);
    expect(relays.dials).toHaveLength(dials);
    expect(alice.switchboard.status()).toEqual({ relays: [], homeRelayUrl: null });
    expect(alice.toldOf('relay.homeChanged').at(-1)).toMatchObject({ homeRelayUrl: null, relayUrls: [] });
    expect(alice.switchboard.traffic().total.droppedDatagrams).toBe(1);
  });

  it('of a dismissed key ends everywhere', async () => {
    await connected();
    expect(alice.switchboard.dismiss(alice.endpointId)).not.toBeNull();
    expect(alice.switchboard.dismiss(alice.endpointId)).toBeNull();
    await settle();
    expect(relays.presentAt(a)).toHaveLength(1);
    expect(alice.switchboard.status().relays.every(({ state }) => state !== 'connected')).toBe(true);
  });

  it('is held by every admitted key', async () => {
    await connected();
    alice.switchboard.admit(new Uint8Array(32).fill(9));
    await clock.advance(100);
    expect(relays.presentAt(a)).toHaveLength(3);
    expect(relays.presentAt(b)).toHaveLength(3);
  });

  it('takes an admitted key again without a second login', async () => {
    await connected();
    expect(alice.switchboard.admit(alice.secretKey)).toBe(alice.endpointId);
    await clock.advance(1_000);
    expect(relays.presentAt(a)).toHaveLength(2);
  });

  it('tells each change of a relay once', async () => {
    await connected();
    relays.kill(b);
    await clock.advance(3_000);
    const told = alice.toldOf('relay.stateChanged').filter(({ url }) => url === b);
    expect(told.map(({ downReason, role, state }) => [role, state, downReason])).toEqual([
      ['standby', 'connecting', null],
      ['standby', 'connected', null],
      ['standby', 'down', 'closed'],
      ['standby', 'down', 'tcp'],
    ]);
  });

  it.each([
    [true, 'dns'],
    [false, 'tcp'],
  ])(
    'is down for its name where no name server answers (%s), and for its address otherwise',
    async (isUnnamed, reason) => {
      relays.set(a, { mode: 'dark', isUnnamed });
      alice.switchboard.configureRelays([settings('a')]);
      await clock.advance(20_000);
      expect(alice.switchboard.status().relays[0]).toMatchObject({ state: 'down', downReason: reason });
    },
  );

  it('comes back with a token that was replaced', async () => {
    relays.set(a, { mode: 'refusing', reason: 'auth' });
    alice.switchboard.configureRelays([settings('a', { token: 'old' })]);
    await clock.advance(20_000);
    expect(alice.switchboard.status().relays[0]).toMatchObject({ state: 'down', downReason: 'auth' });
    relays.set(a, { mode: 'up' });
    alice.switchboard.configureRelays([settings('a', { token: 'new' })]);
    await clock.advance(50);
    expect(alice.switchboard.status().relays[0]?.state).toBe('connected');
    expect(relays.dials.at(-1)?.token).toBe('new');
  });

  it('is `timeout` at a relay that takes the connection and says nothing', async () => {
    relays.set(a, { mode: 'frozen' });
    alice.switchboard.configureRelays([settings('a')]);
    await clock.advance(5_000);
    expect(alice.switchboard.status().relays[0]).toMatchObject({ state: 'down', downReason: 'timeout' });
  });

  it('is `auth` at a relay that denies the key', async () => {
    relays.set(a, { mode: 'denying' });
    alice.switchboard.configureRelays([settings('a')]);
    await clock.advance(100);
    expect(alice.switchboard.status().relays[0]).toMatchObject({ state: 'down', downReason: 'auth' });
  });

  it('is tried at growing intervals, and never given up', async () => {
    relays.kill(a);
    alice.switchboard.configureRelays([settings('a')]);
    await clock.advance(600_000);
    const gaps = relays.dials.slice(1).map(({ atMs }, index) => atMs - (relays.dials[index]?.atMs ?? 0));
    expect(gaps[0]).toBeLessThanOrEqual(60);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(16_010);
    expect(relays.dials.length).toBeGreaterThan(40);
    expect(relays.dials.length).toBeLessThan(100);
  });

  it('comes back to a relay that restarts when that relay asks for it', async () => {
    await connected();
    const dials = relays.dials.length;
    relays.say(a, { type: 'restarting', reconnectInMs: 1_500, tryForMs: 5_000 });
    await clock.advance(10);
    relays.cut(a);
    await clock.advance(1_400);
    expect(relays.dials).toHaveLength(dials);
    await clock.advance(200);
    expect(relays.dials).toHaveLength(dials + 2);
  });

  it('is told as limited by a relay only in the log', async () => {
    await connected();
    relays.say(a, { type: 'status', health: 'rate-limited' });
    await clock.advance(10);
    expect(alice.switchboard.status().relays[0]?.state).toBe('connected');
    expect(alice.logger.lines.map(({ message }) => message)).toContain('relay limits the rate of this device');
  });

  it.each([
    ['told', 2_500, 1],
    ['not told where it was late for a moment', 700, 0],
  ])('that was out of reach and answers on its old connection is %s', async (_what, silentMs, count) => {
    await connected();
    await chat(1_000);
    relays.set(a, { mode: 'frozen' });
    await chat(silentMs);
    relays.set(a, { mode: 'up' });
    await chat(1_000);
    expect(alice.toldOf('relay.answeredAgain')).toHaveLength(count);
    expect(alice.toldOf('relay.stateChanged').map(({ state }) => state)).not.toContain('down');
  });

  it('is logged in at anew, at once, from the address of another network', async () => {
    await connected();
    await clock.advance(60_000);
    relays.strand(a);
    alice.switchboard.checkNow();
    await clock.advance(100);
    expect(alice.switchboard.status().relays[0]?.state).toBe('connected');
    expect(relays.dials.at(-1)?.atMs).toBeGreaterThan(clock.monotonicMs() - 100);
  });

  it('is not waited for on the way of a network that was left during the login', async () => {
    relays.set(a, { latencyMs: 200 });
    alice.switchboard.configureRelays([settings('a')]);
    await clock.advance(250);
    relays.strand(a);
    alice.switchboard.checkNow();
    expect(relays.dials.at(-1)?.atMs).toBe(clock.monotonicMs());
  });

  it('is tried again at once when asked to check', async () => {
    relays.kill(a);
    alice.switchboard.configureRelays([settings('a')]);
    await clock.advance(120_000);
    relays.set(a, { mode: 'up' });
    alice.switchboard.checkNow();
    await clock.advance(25);
    expect(alice.switchboard.status().relays[0]?.state).toBe('connected');
  });
});

describe('a relay that comes back', () => {
  const peers = () => [{ endpointId: bob.endpointId, relayUrls: [a], tokens: [] }];

  /** How long after its return the relay is connected again. */
  const backAfterMs = async (url: typeof a, outageMs: number, mode: 'refusing' | 'dark'): Promise<number> => {
    if (mode === 'refusing') relays.kill(url);
    else relays.set(url, { mode });
    await clock.advance(outageMs);
    const dials = relays.dials.length;
    await clock.advance(10_000);
    expect(relays.dials.length - dials).toBeLessThanOrEqual(14);
    return upAfterMs(url);
  };

  const upAfterMs = async (url: typeof a): Promise<number> => {
    relays.set(url, { mode: 'up' });
    let elapsedMs = 0;
    while (!alice.switchboard.status().relays.some((relay) => relay.url === url && relay.state === 'connected')) {
      await clock.advance(10);
      elapsedMs += 10;
    }
    return elapsedMs;
  };

  it.each([
    ['refusing', 60_000],
    ['refusing', 600_000],
    ['dark', 60_000],
    ['dark', 150_000],
  ] as const)(
    'is logged in again within 1.6 s while devices wait, having been %s for %i ms',
    async (mode, outageMs) => {
      alice.switchboard.configureRelays([settings('a')]);
      alice.switchboard.setPeers(peers());
      await clock.advance(20_000);
      expect(await backAfterMs(a, outageMs, mode)).toBeLessThanOrEqual(1_600);
    },
  );

  it('is logged in again as soon after each of many restarts, one after the other', async () => {
    alice.switchboard.configureRelays([settings('a')]);
    alice.switchboard.setPeers(peers());
    await clock.advance(20_000);
    for (let restart = 0; restart < 10; restart += 1) {
      relays.kill(a);
      await clock.advance(5_000);
      expect(await upAfterMs(a)).toBeLessThanOrEqual(1_600);
      await clock.advance(2_000);
    }
  });

  it('is logged in again as soon when it is only the standby', async () => {
    alice.switchboard.configureRelays([settings('a', { pinned: true }), settings('b')]);
    alice.switchboard.setPeers(peers());
    await clock.advance(20_000);
    expect(await backAfterMs(b, 15_000, 'refusing')).toBeLessThanOrEqual(1_600);
  });

  it('is tried seldom while nobody waits', async () => {
    alice.switchboard.configureRelays([settings('a')]);
    await clock.advance(40_000);
    relays.kill(a);
    await clock.advance(60_000);
    const dials = relays.dials.length;
    await clock.advance(160_000);
    expect(relays.dials.length - dials).toBeLessThanOrEqual(20);
  });

  it('is tried seldom where it refuses this device, whoever waits', async () => {
    relays.set(a, { mode: 'denying' });
    alice.switchboard.configureRelays([settings('a')]);
    alice.switchboard.setPeers(peers());
    await clock.advance(60_000);
    const dials = relays.dials.length;
    await clock.advance(160_000);
    expect(relays.dials.length - dials).toBeLessThanOrEqual(20);
  });
});

describe('datagrams', () => {
  it('reach a peer on the same relays, once both have heard each other exactly once', async () => {
    await connected();
    alice.send(bob.endpointId, 'one');
    await clock.advance(50);
    expect(bob.take()).toEqual(['one']);
  });

  it('go out on every plausible route until the peer is heard', async () => {
    alice.switchboard.configureRelays([settings('a'), settings('b')]);
    bob.switchboard.configureRelays([settings('a'), settings('b')]);
    await clock.advance(2_000);
    alice.send(bob.endpointId, 'first');
    await clock.advance(50);
    expect(bob.take()).toEqual(['first', 'first']);
  });

  it('wait for a relay that is still being connected', async () => {
    alice.switchboard.configureRelays([settings('a')]);
    bob.switchboard.configureRelays([settings('b')]);
    await clock.advance(2_000);
    alice.hint(bob.endpointId, [b]);
    alice.send(bob.endpointId, 'first');
    await clock.advance(60);
    expect(bob.take()).toEqual(['first']);
    expect(alice.switchboard.status().relays.find(({ url }) => url === b)?.role).toBe('peer');
  });

  it('are answered where they came from, without a hint', async () => {
    alice.switchboard.configureRelays([settings('a')]);
    bob.switchboard.configureRelays([settings('b')]);
    await clock.advance(2_000);
    alice.hint(bob.endpointId, [b]);
    alice.send(bob.endpointId, 'question');
    await clock.advance(60);
    bob.send(alice.endpointId, 'answer');
    await clock.advance(60);
    expect(alice.take()).toEqual(['answer']);
    expect(bob.toldOf('route.changed')).toEqual([{ endpointId: alice.endpointId, relayUrl: b, previous: null }]);
  });

  it('lose nothing that is sent after the relay in use has died', async () => {
    await connected();
    relays.kill(a);
    alice.send(bob.endpointId, 'after');
    await clock.advance(30);
    expect(bob.take()).toContain('after');
  });

  it('arrive again within half a second when the relay in use hangs', async () => {
    await connected();
    await chat(3_000);
    const route = alice.toldOf('route.changed').at(-1)?.relayUrl ?? a;
    relays.set(route, { mode: 'frozen' });
    alice.take();
    let silentMs = 0;
    while (alice.take().length === 0 && silentMs < 5_000) {
      await chat(20);
      silentMs += 20;
    }
    expect(silentMs).toBeLessThanOrEqual(1_000);
  });

  it('that were on their way through a relay when it died are sent again over another', async () => {
    await connected();
    // Until the relay has been heard after what was sent before.
    await clock.advance(6_000);
    const route = alice.toldOf('route.changed').at(-1)?.relayUrl ?? a;
    alice.send(bob.endpointId, 'lost');
    await clock.advance(2);
    relays.kill(route);
    await clock.advance(50);
    expect(bob.take()).toEqual(['lost']);
  });

  it('that a hanging relay has swallowed are sent again as soon as it is in doubt', async () => {
    await connected();
    await chat(1_000);
    const route = alice.toldOf('route.changed').at(-1)?.relayUrl ?? a;
    relays.set(route, { mode: 'frozen' });
    alice.send(bob.endpointId, 'swallowed');
    await clock.advance(1_000);
    expect(bob.take()).toContain('swallowed');
  });

  it('settle on one relay after a hanging one has come back', async () => {
    await connected();
    relays.set(a, { mode: 'frozen' });
    await chat(8_000);
    relays.set(a, { mode: 'up' });
    await chat(5_000);
    bob.take();
    await chat(1_000);
    await clock.advance(100);
    expect(bob.take()).toHaveLength(50);
  });

  it('between keys of one device need no relay', async () => {
    const other = new Uint8Array(32).fill(9);
    const otherId = alice.switchboard.admit(other);
    alice.send(otherId, 'to the other key');
    expect(alice.take()).toEqual(['to the other key']);
    alice.send(alice.endpointId, 'to itself');
    expect(alice.take()).toEqual([]);
  });

  it('are counted for the relay and the peer', async () => {
    await connected();
    alice.send(bob.endpointId, 'four');
    await clock.advance(50);
    const { peers, relays: lines, spentTodayBytes, total } = alice.switchboard.traffic();
    expect(total).toMatchObject({ sentDatagrams: 3, sentBytes: 14, receivedDatagrams: 1, receivedBytes: 5 });
    expect(peers).toEqual([{ endpointId: bob.endpointId, traffic: total, spentTodayBytes: 19 }]);
    expect(lines.map(({ url }) => url).toSorted()).toEqual([a, b]);
    expect(spentTodayBytes).toBe(19);
    expect(bob.switchboard.traffic().total.receivedDatagrams).toBe(3);
  });

  it('of one peer do not keep those of another waiting when a relay is slow', async () => {
    await connected();
    const carol = new SimulatedDevice(clock, relays, 3);
    carol.switchboard.configureRelays([settings('a')]);
    await clock.advance(1_000);
    alice.send(carol.endpointId, 'hello');
    await clock.advance(50);
    carol.send(alice.endpointId, 'hello');
    await clock.advance(50);
    carol.take();
    relays.isClogged = true;
    for (let count = 0; count < 2_000; count += 1) alice.send(bob.endpointId, 'x'.repeat(1_000));
    alice.send(carol.endpointId, 'small');
    relays.unclog();
    await clock.advance(50);
    expect(carol.take()).toEqual(['small']);
    expect(alice.switchboard.traffic().total.droppedDatagrams).toBeGreaterThan(1_000);
  });
});

describe('pings', () => {
  const pingAll = (from: number, to: number): void => {
    for (let count = from; count <= to; count += 1) {
      const payload = Buffer.alloc(8);
      payload.writeBigUInt64BE(BigInt(count));
      relays.say(a, { type: 'ping', payload });
    }
  };

  it('of a relay that does not read take no memory, and the newest one is answered once it reads', async () => {
    await connected();
    relays.isClogged = true;
    for (let from = 1; from < 16_000; from += 500) {
      pingAll(from, from + 499);
      await clock.advance(10);
    }
    expect(relays.bufferedAt(a)).toBeLessThan(100_000);
    relays.pongs.length = 0;
    relays.unclog();
    await clock.advance(50);
    expect(new Set(relays.pongs)).toEqual(new Set([16_000n]));
  });

  it('of a relay that reads are all answered', async () => {
    await connected();
    relays.pongs.length = 0;
    pingAll(1, 3);
    await clock.advance(50);
    expect(new Set(relays.pongs)).toEqual(new Set([1n, 2n, 3n]));
  });

  it('of this device cannot be guessed', async () => {
    await connected();
    await clock.advance(60_000);
    const { pings } = relays;
    expect(new Set(pings).size).toBe(pings.length);
    expect(pings.filter((ping) => ping < 1_000_000n)).toEqual([]);
  });
});

describe('a budget', () => {
  const MEBIBYTE = 1_048_576;

  beforeEach(connected);

  it('is told when most of it is used and when all of it is, and then lets control traffic through', async () => {
    alice.switchboard.limitTraffic({ peerBytesPerDay: MEBIBYTE, totalBytesPerDay: null }, []);
    for (let count = 0; count < 1_000; count += 1) {
      alice.send(bob.endpointId, 'x'.repeat(1_100));
      await clock.advance(1);
    }
    await clock.advance(50);
    const crossings = alice.toldOf('budget.crossed');
    expect(crossings.map(({ endpointId, level, scope }) => [scope, endpointId, level])).toEqual([
      ['peer', bob.endpointId, 'warning'],
      ['peer', bob.endpointId, 'limit'],
    ]);
    bob.take();
    for (let count = 0; count < 40; count += 1) {
      alice.send(bob.endpointId, 'x'.repeat(1_100));
      alice.send(bob.endpointId, 'heartbeat');
      bob.send(alice.endpointId, 'heartbeat');
      await clock.advance(50);
    }
    const received = bob.take();
    expect(received.filter((text) => text === 'heartbeat').length).toBeGreaterThanOrEqual(40);
    expect(received.length).toBeLessThan(50);
  });

  it('takes up again what was spent before a restart, and starts anew with the day', async () => {
    const spentToday = [{ endpointId: bob.endpointId, bytes: 2 * MEBIBYTE }];
    const budget = { peerBytesPerDay: null, totalBytesPerDay: MEBIBYTE };
    expect(alice.switchboard.traffic().budget).toBeNull();
    alice.switchboard.limitTraffic(budget, spentToday);
    expect(alice.switchboard.traffic()).toMatchObject({ budget });
    expect(alice.switchboard.traffic().spentTodayBytes).toBeGreaterThanOrEqual(2 * MEBIBYTE);
    expect(alice.toldOf('budget.crossed')).toMatchObject([{ scope: 'total', endpointId: null, level: 'limit' }]);
    for (let count = 0; count < 20; count += 1) alice.send(bob.endpointId, 'x'.repeat(1_100));
    await clock.advance(50);
    expect(bob.take().length).toBeLessThan(10);
    clock.setWallTime(clock.nowMs() + 86_400_000);
    expect(alice.switchboard.traffic().spentTodayBytes).toBe(0);
    for (let count = 0; count < 20; count += 1) alice.send(bob.endpointId, 'x'.repeat(1_100));
    await clock.advance(50);
    expect(bob.take()).toHaveLength(20);
  });

  it('of one peer leaves another alone, and can be lifted', async () => {
    alice.switchboard.limitTraffic({ peerBytesPerDay: MEBIBYTE, totalBytesPerDay: null }, [
      { endpointId: bob.endpointId, bytes: MEBIBYTE },
    ]);
    const carol = new SimulatedDevice(clock, relays, 3);
    carol.switchboard.configureRelays([settings('a')]);
    await clock.advance(1_000);
    for (let count = 0; count < 20; count += 1) alice.send(carol.endpointId, 'x'.repeat(1_100));
    await clock.advance(50);
    expect(carol.take()).toHaveLength(20);
    alice.switchboard.limitTraffic(null, []);
    for (let count = 0; count < 20; count += 1) alice.send(bob.endpointId, 'x'.repeat(1_100));
    await clock.advance(50);
    expect(bob.take()).toHaveLength(20);
  });

  it('is refused when it is too small to keep anything alive', () => {
    expect(() => alice.switchboard.limitTraffic({ peerBytesPerDay: 1_000, totalBytesPerDay: null }, [])).toThrow(
      'peerBytesPerDay',
    );
    const bytes = Number.NaN;
    expect(() => alice.switchboard.limitTraffic(null, [{ endpointId: bob.endpointId, bytes }])).toThrow('spentToday');
  });
});

describe('a relay joined for a peer', () => {
  beforeEach(async () => {
    alice.switchboard.configureRelays([settings('a')]);
    bob.switchboard.configureRelays([settings('b')]);
    await clock.advance(2_000);
    alice.hint(bob.endpointId, [b]);
    alice.send(bob.endpointId, 'x');
    await clock.advance(60);
  });

  it('is left after a minute without a datagram', async () => {
    await clock.advance(57_000);
    expect(relays.presentAt(b)).toHaveLength(2);
    await clock.advance(5_000);
    expect(relays.presentAt(b)).toHaveLength(1);
    expect(alice.toldOf('relay.left')).toEqual([{ url: b }]);
    expect(alice.switchboard.status().relays.map(({ url }) => url)).toEqual([a]);
  });

  it('is kept while datagrams flow', async () => {
    for (let minute = 0; minute < 5; minute += 1) {
      bob.send(alice.endpointId, 'keep');
      await clock.advance(30_000);
    }
    expect(relays.presentAt(b)).toHaveLength(2);
  });

  it('is not joined again for a forgotten peer', async () => {
    await clock.advance(90_000);
    alice.forget(bob.endpointId);
    alice.send(bob.endpointId, 'x');
    await clock.advance(1_000);
    expect(relays.presentAt(b)).toHaveLength(1);
  });
});

describe('another login with the same key', () => {
  it('is answered by logging in again and staying', async () => {
    await connected();
    relays.say(a, { type: 'status', health: 'same-endpoint-connected' });
    await clock.advance(50);
    const states = alice.toldOf('relay.stateChanged').filter(({ url }) => url === a);
    expect(states.slice(-2)).toMatchObject([{ state: 'down', downReason: 'displaced' }, { state: 'connected' }]);
    const dials = relays.dials.length;
    await clock.advance(60_000);
    expect(relays.dials).toHaveLength(dials);
  });

  it('that is just as stubborn ends in a truce and a warning', async () => {
    await connected();
    const twin = new SimulatedDevice(clock, relays, 1);
    twin.switchboard.configureRelays([settings('a')]);
    await clock.advance(10_000);
    const dials = relays.dials.length;
    await clock.advance(10_000);
    expect(relays.dials.length - dials).toBeLessThan(5);
    const warnings = [...alice.logger.lines, ...twin.logger.lines].filter(({ level }) => level === 'warn');
    expect(warnings[0]?.message).toBe('another program is logged in at this relay with the same key');
  });
});

describe('a relay at which somebody logs in with this key again and again', () => {
  /** Displaces every login there, a moment after it. */
  const contest = async (forMs: number): Promise<void> => {
    for (let passedMs = 0; passedMs < forMs; passedMs += 100) {
      if (relays.presentAt(a).length > 0) relays.say(a, { type: 'status', health: 'same-endpoint-connected' });
      await clock.advance(100);
    }
  };

  it('is told to be contested, is no home any more, and is tried every few seconds', async () => {
    alice.switchboard.configureRelays([settings('a'), settings('b')]);
    await clock.advance(2_000);
    expect(alice.switchboard.status().homeRelayUrl).toBe(a);
    await contest(60_000);
    expect(alice.toldOf('relay.stateChanged')).toContainEqual(
      expect.objectContaining({ url: a, state: 'down', downReason: 'contested' }),
    );
    expect(alice.switchboard.status().homeRelayUrl).toBe(b);
    const dials = relays.dials.filter(({ url }) => url === a).length;
    await contest(30_000);
    const tries = relays.dials.filter(({ url }) => url === a).length - dials;
    expect(tries).toBeGreaterThanOrEqual(3);
    expect(tries).toBeLessThanOrEqual(8);
  });

  it('is kept once nobody contests it, within seconds', async () => {
    alice.switchboard.configureRelays([settings('a')]);
    await clock.advance(2_000);
    await contest(30_000);
    await clock.advance(8_100);
    expect(alice.switchboard.status().relays).toMatchObject([{ url: a, state: 'connected', downReason: null }]);
  });
});

describe('the relay to ask for the public address', () => {
  const discovering = (name: string) => settings(name, { quicPort: 7_842 });
  const told = () => alice.toldOf('addressDiscovery.changed').map(({ relay }) => relay);

  it('is told once a relay that offers it is connected, the standby first', async () => {
    relays.set(b, { latencyMs: 200 });
    alice.switchboard.configureRelays([discovering('a'), discovering('b')]);
    await clock.advance(300);
    expect(alice.switchboard.status().homeRelayUrl).toBe(a);
    expect(told()).toEqual([]);
    await clock.advance(60_000);
    expect(told()).toEqual([{ url: b, quicPort: 7_842 }]);
  });

  it('is not told where none offers it', async () => {
    await connected();
    await clock.advance(60_000);
    expect(told()).toEqual([]);
  });

  it('is another one when it has been away for a minute, and none without relays', async () => {
    alice.switchboard.configureRelays([discovering('a'), discovering('b')]);
    await clock.advance(2_000);
    relays.kill(b);
    await clock.advance(59_000);
    expect(told()).toEqual([{ url: b, quicPort: 7_842 }]);
    await clock.advance(31_000);
    expect(told().at(-1)).toEqual({ url: a, quicPort: 7_842 });
    alice.switchboard.configureRelays([]);
    expect(told().at(-1)).toBeNull();
  });

  it('is told again when its port is another one', async () => {
    alice.switchboard.configureRelays([discovering('a')]);
    await clock.advance(1_000);
    alice.switchboard.configureRelays([settings('a', { quicPort: 443 })]);
    expect(told()).toEqual([
      { url: a, quicPort: 7_842 },
      { url: a, quicPort: 443 },
    ]);
  });

  it('loses no datagram when the endpoint logs in there itself, and stays home', async () => {
    alice.switchboard.configureRelays([discovering('a')]);
    bob.switchboard.configureRelays([settings('a')]);
    await clock.advance(2_000);
    await chat(200);
    bob.take();
    relays.say(a, { type: 'status', health: 'same-endpoint-connected' });
    const texts = Array.from({ length: 50 }, (_, index) => String(index));
    for (const text of texts) {
      alice.send(bob.endpointId, text);
      await clock.advance(5);
    }
    await clock.advance(100);
    // What was on its way before is sent again, too.
    expect([...new Set(bob.received)].filter((text) => text !== 'a')).toEqual(texts);
    expect(alice.toldOf('relay.homeChanged')).toHaveLength(1);
    expect(told()).toHaveLength(1);
  });

  it('stays home, too, while another relay stands by, unless it does not let the device in again', async () => {
    alice.switchboard.configureRelays([discovering('a'), settings('b')]);
    await clock.advance(2_000);
    expect(told()).toEqual([{ url: a, quicPort: 7_842 }]);
    relays.say(a, { type: 'status', health: 'same-endpoint-connected' });
    await clock.advance(1_000);
    expect(alice.switchboard.status().relays[0]).toMatchObject({ url: a, role: 'home', state: 'connected' });
    const before = alice.toldOf('relay.homeChanged');
    expect(new Set(before.map(({ homeRelayUrl }) => homeRelayUrl))).toEqual(new Set([a]));
    relays.set(a, { mode: 'denying' });
    relays.say(a, { type: 'status', health: 'same-endpoint-connected' });
    await clock.advance(1_000);
    const after = alice.toldOf('relay.homeChanged').slice(before.length);
    expect(after).toMatchObject([{ homeRelayUrl: b, previous: a }]);
  });

  it('is not sent what the endpoint writes to nobody to stay logged in', async () => {
    await connected();
    const before = alice.switchboard.traffic().total;
    alice.send(NOBODY_ENDPOINT_ID, 'touch');
    await clock.advance(1_000);
    expect(alice.switchboard.traffic().total).toEqual(before);
  });
});

describe('requests', () => {
  it.each([
    ['the loopback relay itself', { url: 'http://127.0.0.1:4000/' }, 'SWITCHBOARD_RELAY_LOOP'],
    ['the loopback relay by name', { url: 'http://localhost:4000/' }, 'SWITCHBOARD_RELAY_LOOP'],
    ['what is no relay URL', { url: 'ftp://a.example/' }, 'SWITCHBOARD_BAD_REQUEST'],
    ['a token with a line break', { token: 'a\nb' }, 'SWITCHBOARD_BAD_REQUEST'],
    ['an empty token', { token: '' }, 'SWITCHBOARD_BAD_REQUEST'],
    ['a tier that is no number', { tier: Number.NaN }, 'SWITCHBOARD_BAD_REQUEST'],
    ['a weight of zero', { weight: 0 }, 'SWITCHBOARD_BAD_REQUEST'],
    ['a port for address discovery that is none', { quicPort: 0 }, 'SWITCHBOARD_BAD_REQUEST'],
  ])('refuse %s, and change nothing', async (_what, rest, code) => {
    await connected();
    const bad = { ...settings('a'), ...rest } as ReturnType<typeof settings>;
    expect(() => alice.switchboard.configureRelays([bad])).toThrow(expect.objectContaining({ code }));
    await clock.advance(2_000);
    expect(alice.switchboard.status().homeRelayUrl).toBe(a);
  });

  it('refuse the same relay twice and too many relays', () => {
    const many = Array.from({ length: 33 }, (_, index) => settings(`r${index}`));
    expect(() => alice.switchboard.configureRelays(many)).toThrow('at most 32');
    expect(() => alice.switchboard.configureRelays([settings('a'), settings('a')])).toThrow('once');
  });

  it('refuse more keys than a device has', () => {
    for (let seed = 1; seed < 16; seed += 1) alice.switchboard.admit(new Uint8Array(32).fill(seed + 40));
    expect(() => alice.switchboard.admit(new Uint8Array(32).fill(200))).toThrow('16 keys');
  });

  it('leave out hints that are names of the loopback relay', async () => {
    alice.switchboard.configureRelays([settings('a')]);
    await clock.advance(1_000);
    alice.hint(bob.endpointId, ['http://127.0.0.1:4000/' as typeof a]);
    alice.send(bob.endpointId, 'x');
    await clock.advance(1_000);
    expect(relays.dials.every(({ url }) => url === a)).toBe(true);
  });
});

describe('a device that is to keep off relays', () => {
  it('is sent nothing and heard of nothing through any of them, until it may use them again', async () => {
    await connected();
    const { endpointId } = bob;
    const peer = { endpointId, relayUrls: [], tokens: [] };
    alice.switchboard.setPeers([{ ...peer, usesRelays: false }]);
    await chat(200);
    expect([alice.take(), bob.take()]).toEqual([[], []]);
    alice.switchboard.setPeers([peer]);
    await chat(200);
    expect(alice.take().length).toBeGreaterThan(0);
    expect(bob.take().length).toBeGreaterThan(0);
  });
});
