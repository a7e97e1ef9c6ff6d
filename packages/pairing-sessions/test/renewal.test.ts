import { brandAs, type PeerDevice, type RelayUrl } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { RELAY, type TestDevice, testWorld } from './devices.ts';

const OLD_RELAY = brandAs<RelayUrl>('https://old.test/');

/** What a device has collected of the other one: a name its owner chose, and counters. */
const aged = (device: PeerDevice, name: string): PeerDevice => ({
  ...device,
  name,
  incarnation: 9,
  lastReceived: { incarnation: 9, sequence: 4 },
  relayInfo: { homeRelayUrl: OLD_RELAY, relayUrls: [OLD_RELAY], revision: 7, incarnation: 9 },
});

const onlyOf = ({ store }: TestDevice): PeerDevice => {
  const [device] = store.list();
  if (device === undefined) throw new Error('nothing is stored');
  return device;
};

/** Two devices that have been paired for long. */
const pairedDevices = async () => {
  const world = testWorld();
  const nas = await world.device('nas');
  const laptop = await world.device('laptop');
  const { words } = await nas.offer();
  await laptop.join(words);
  await world.clock.advance(100_000);
  nas.store.put(aged(onlyOf(nas), 'Work laptop'));
  laptop.store.put(aged(onlyOf(laptop), 'Attic'));
  return { world, nas, laptop };
};

const forget = (device: TestDevice) => device.store.client.request('removeDevice', { deviceId: onlyOf(device).id });

describe('two devices that hold each other as paired', () => {
  it('are paired anew when it was chosen on both: names stay, counters and whereabouts do not', async () => {
    const { world, nas, laptop } = await pairedDevices();
    const before = [onlyOf(nas), onlyOf(laptop)];
    const { words } = await nas.offerRenewal();
    await laptop.join(words, 'accept', true);
    await world.clock.advance(100);
    expect([nas.completed().at(-1), laptop.completed().at(-1)]).toMatchObject([
      { isRenewed: true, device: { name: 'Work laptop' } },
      { isRenewed: true, device: { name: 'Attic' } },
    ]);
    for (const [index, device] of [nas, laptop].entries()) {
      expect(device.store.list()).toHaveLength(1);
      expect(onlyOf(device)).toMatchObject({
        id: before[index]?.id,
        name: before[index]?.name,
        pairingState: 'paired',
        incarnation: 0,
        lastReceived: null,
        relayInfo: { relayUrls: [RELAY], revision: 0, incarnation: 0 },
      });
      expect(onlyOf(device).pairedAtMs).toBeGreaterThan(before[index]?.pairedAtMs ?? 0);
    }
  });

  it('are told which device it is before they agree', async () => {
    const { nas, laptop } = await pairedDevices();
    const { words } = await nas.offerRenewal('ask');
    await laptop.join(words, 'ask', true);
    expect(nas.asked()).toMatchObject([{ peer: { name: 'laptop' }, renews: { name: 'Work laptop' } }]);
    expect(laptop.asked()).toMatchObject([{ peer: { name: 'nas' }, renews: { name: 'Attic' } }]);
  });

  it.each([
    ['nobody', false, false],
    ['the initiator alone', true, false],
    ['the joiner alone', false, true],
  ])(
    'stay as they are when it was chosen by %s, and hear where the choice is missing',
    async (_who, onNas, onLaptop) => {
      const { world, nas, laptop } = await pairedDevices();
      const before = [nas.store.list(), laptop.store.list()];
      const { words } = onNas ? await nas.offerRenewal('ask') : await nas.offer('ask');
      await laptop.join(words, 'ask', onLaptop);
      await world.clock.advance(100);
      expect([nas.failed().length, laptop.failed().length]).toEqual([1, 1]);
      for (const [device, hasChosen] of [
        [nas, onNas],
        [laptop, onLaptop],
      ] as const) {
        const [failure] = device.failed();
        expect(failure?.code).toBe('ALREADY_PAIRED');
        const announced = device.toldOf('pairing.peerProven').filter(({ mustDecide }) => mustDecide);
        expect(announced).toHaveLength(device.asked().length);
        if (onNas || onLaptop) expect(failure?.circumstance?.kind).toBe(hasChosen ? 'pairedThere' : 'pairedHere');
      }
      expect([nas.store.list(), laptop.store.list()]).toEqual(before);
    },
  );

  it.each([
    ['accept', 0],
    ['accept', 20],
    ['ask', 20],
  ] as const)('hear at once that the joiner has not chosen it (policy %s, delay %i ms)', async (policy, delayMs) => {
    const { world, nas, laptop } = await pairedDevices();
    world.network.setDelay(nas.endpointId, laptop.endpointId, delayMs);
    const { words } = await nas.offerRenewal(policy);
    await laptop.join(words, policy);
    await world.clock.advance(2_000);
    expect([nas.failed(), laptop.failed()]).toMatchObject([[{ code: 'ALREADY_PAIRED' }], [{ code: 'ALREADY_PAIRED' }]]);
  });

  it('stay as they are when a person says no', async () => {
    const { world, nas, laptop } = await pairedDevices();
    const before = [nas.store.list(), laptop.store.list()];
    const { words, sessionId } = await nas.offerRenewal('ask');
    await laptop.join(words, 'accept', true);
    await nas.decide(sessionId, false);
    await world.clock.advance(30_000);
    expect(laptop.failed()).toMatchObject([{ code: 'REJECTED' }]);
    expect([nas.store.list(), laptop.store.list()]).toEqual(before);
  });

  it('stay paired wherever the renewal is cut off, each as before or anew', async () => {
    const outcomes = new Set<string>();
    for (let cutAfterMs = 0; cutAfterMs <= 700; cutAfterMs += 25) {
      const { world, nas, laptop } = await pairedDevices();
      world.network.setDelay(nas.endpointId, laptop.endpointId, 50);
      const before = [onlyOf(nas), onlyOf(laptop)];
      const { words } = await nas.offerRenewal();
      await laptop.join(words, 'accept', true);
      await world.clock.advance(cutAfterMs);
      world.network.block(nas.endpointId, laptop.endpointId);
      world.network.cut(nas.endpointId, laptop.endpointId);
      await world.clock.advance(400_000);
      expect([
        nas.failed().length + nas.completed().length,
        laptop.failed().length + laptop.completed().length,
      ]).toEqual([2, 2]);
      const states = [nas, laptop].map((device, index) => {
        const stored = onlyOf(device);
        if (stored.incarnation !== 0) expect(stored).toEqual(before[index]);
        expect(stored).toMatchObject({ pairingState: 'paired', name: before[index]?.name });
        return stored.incarnation === 0 ? 'anew' : 'as before';
      });
      outcomes.add(states.join(', '));
    }
    expect([...outcomes]).toEqual(expect.arrayContaining(['as before, as before', 'anew, anew']));
  });

  it('are both paired anew when the last message was lost and the joiner came back for it', async () => {
    const { world, nas, laptop } = await pairedDevices();
    world.network.setDelay(nas.endpointId, laptop.endpointId, 50);
    const { words } = await nas.offerRenewal();
    await laptop.join(words, 'accept', true);
    while (nas.completed().length < 2) await world.clock.advance(5);
    world.network.cut(nas.endpointId, laptop.endpointId);
    await world.clock.advance(10_000);
    expect(laptop.completed().at(-1)).toMatchObject({ isRenewed: true });
    expect([onlyOf(nas).incarnation, onlyOf(laptop).incarnation]).toEqual([0, 0]);
  });
});

describe('a code that has paired two devices', () => {
  it.each(['ask', 'accept'] as const)('does not pair them anew when it is typed again (policy %s)', async (policy) => {
    const world = testWorld();
    const [nas, laptop] = [await world.device('nas'), await world.device('laptop')];
    const { words } = await nas.offer();
    await laptop.join(words);
    await world.clock.advance(100);
    laptop.store.put(aged(onlyOf(laptop), 'Attic'));
    const before = laptop.store.list();
    await laptop.join(words, policy, true);
    await world.clock.advance(100);
    expect(laptop.completed()).toHaveLength(1);
    expect(laptop.failed()).toMatchObject([{ code: 'CODE_USED' }]);
    expect(laptop.store.list()).toEqual(before);
  });

  it('settles what an earlier session left pending', async () => {
    const world = testWorld();
    const [nas, laptop] = [await world.device('nas'), await world.device('laptop')];
    const { words } = await nas.offer();
    await laptop.join(words);
    await world.clock.advance(100);
    laptop.store.put({ ...onlyOf(laptop), pairingState: 'pending' });
    await laptop.join(words, 'ask', true);
    await world.clock.advance(100);
    expect(laptop.completed().at(-1)).toMatchObject({ isRenewed: false });
    expect(laptop.store.states()).toEqual(['paired']);
  });
});

describe('a renewal whose last message was lost', () => {
  const unsettled = async () => {
    const { world, nas, laptop } = await pairedDevices();
    world.network.setDelay(nas.endpointId, laptop.endpointId, 20);
    const { words } = await nas.offerRenewal();
    const joinId = await laptop.join(words, 'accept', true);
    while (nas.completed().length < 2) await world.clock.advance(1);
    world.network.cut(nas.endpointId, laptop.endpointId);
    world.network.block(nas.endpointId, laptop.endpointId);
    await world.clock.advance(2_000);
    expect(laptop.states().at(-1)).toBe('returning');
    return { world, laptop, joinId };
  };

  it('says that the earlier pairing stays when it is cancelled, and has nobody told of an end', async () => {
    const { world, laptop, joinId } = await unsettled();
    await laptop.cancel(joinId);
    await world.clock.advance(1_000);
    expect(laptop.failed()).toMatchObject([{ code: 'CANCELLED', leftBehind: null }]);
    expect(laptop.failed()[0]?.reason).toContain('the earlier pairing stays stored here');
    expect(laptop.store.states()).toEqual(['paired']);
  });

  it('leaves nothing pending when it cannot come back, and says what stays', async () => {
    const { world, laptop } = await unsettled();
    await world.clock.advance(20_000);
    expect(laptop.failed()).toMatchObject([{ code: 'CONNECTION_LOST', leftBehind: null }]);
    expect(laptop.failed()[0]).not.toHaveProperty('leftPending');
    expect(laptop.failed()[0]?.reason).toContain('The earlier pairing stays stored here');
    expect(laptop.store.states()).toEqual(['paired']);
  });
});

describe('a code that was used already by two devices that are paired', () => {
  const again = async () => {
    const world = testWorld();
    const nas = await world.device('nas');
    const laptop = await world.device('laptop');
    const { words } = await nas.offer();
    await laptop.join(words);
    await world.clock.advance(3_000);
    const before = laptop.store.list();
    await laptop.join(words, 'ask', false);
    await world.clock.advance(15_000);
    expect(laptop.store.list()).toEqual(before);
    return laptop;
  };

  it('is done when it is entered again, which changes nothing', async () => {
    const laptop = await again();
    expect(laptop.completed()).toMatchObject([{ isRenewed: false }, { isRenewed: false }]);
    expect(laptop.failed()).toEqual([]);
  });
});

describe('a device that one side alone holds as paired', () => {
  it('is paired anew when it was chosen there; the other side has nothing to choose', async () => {
    const { world, nas, laptop } = await pairedDevices();
    await forget(laptop);
    const { words } = await nas.offerRenewal();
    await laptop.join(words);
    await world.clock.advance(100);
    expect(nas.completed().at(-1)).toMatchObject({ isRenewed: true, device: { name: 'Work laptop' } });
    expect(laptop.completed().at(-1)).toMatchObject({ isRenewed: false, device: { name: 'nas' } });
    expect([nas.store.states(), laptop.store.states()]).toEqual([['paired'], ['paired']]);
  });

  it('is refused there otherwise, and the other side stores nothing', async () => {
    const { world, nas, laptop } = await pairedDevices();
    const before = nas.store.list();
    await forget(laptop);
    const { words } = await nas.offer();
    await laptop.join(words, 'accept', true);
    await world.clock.advance(100);
    expect(nas.failed()[0]?.reason).toMatch(/^"Work laptop".*asked for on this device/);
    expect(nas.failed()[0]?.circumstance).toMatchObject({ kind: 'pairedHere', device: { name: 'Work laptop' } });
    expect(laptop.failed()[0]?.reason).toContain('asked for there');
    expect(laptop.failed()[0]?.circumstance).toEqual({ kind: 'pairedThere' });
    expect([nas.store.list(), laptop.store.list()]).toEqual([before, []]);
  });

  it('is a new device when it is removed while the two agree', async () => {
    const { world, nas, laptop } = await pairedDevices();
    const { words, sessionId } = await nas.offerRenewal('ask');
    await laptop.join(words, 'accept', true);
    await forget(nas);
    await nas.decide(sessionId, true);
    await world.clock.advance(100);
    expect(nas.store.list()).toMatchObject([{ name: 'laptop', pairingState: 'paired' }]);
    expect(laptop.store.states()).toEqual(['paired']);
  });
});

describe('a device that comes with another identity and the same name', () => {
  it.each([false, true])('is a new device, and the old one stays as it is (renewal chosen: %s)', async (isChosen) => {
    const { world, nas, laptop } = await pairedDevices();
    const before = onlyOf(nas);
    const anew = await world.device('laptop');
    const { words } = isChosen ? await nas.offerRenewal() : await nas.offer();
    await anew.join(words);
    await world.clock.advance(100);
    expect(nas.completed().at(-1)).toMatchObject({ isRenewed: false, device: { endpointId: anew.endpointId } });
    expect(nas.store.list()).toHaveLength(2);
    expect(nas.store.list()[0]).toEqual(before);
    expect(before.endpointId).toBe(laptop.endpointId);
  });
});

describe('a device left pending by an earlier session', () => {
  const leftPending = async () => {
    const { world, nas, laptop } = await pairedDevices();
    laptop.store.put({ ...onlyOf(laptop), pairingState: 'pending' });
    await forget(nas);
    return { world, nas, laptop };
  };

  it('is paired without a choice: it was no permission', async () => {
    const { world, nas, laptop } = await leftPending();
    const { words } = await nas.offer();
    await laptop.join(words);
    await world.clock.advance(100);
    expect(laptop.completed().at(-1)).toMatchObject({ isRenewed: false });
    expect([nas.store.states(), laptop.store.states()]).toEqual([['paired'], ['paired']]);
  });

  it('is still there after another session failed: the other device may be paired', async () => {
    const { world, nas, laptop } = await leftPending();
    const { words, sessionId } = await nas.offer();
    const release = nas.store.hold();
    await laptop.join(words);
    expect(laptop.states().at(-1)).toBe('exchanging');
    void nas.client.request('cancel', { sessionId });
    await settle();
    release();
    await world.clock.advance(30_000);
    expect(laptop.failed()).toHaveLength(1);
    expect(laptop.store.states()).toEqual(['pending']);
    expect(nas.store.list()).toEqual([]);
  });
});
