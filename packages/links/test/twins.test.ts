import type { PeerConnection } from '@bowline/endpoint-connections';
import { decodeLinkFrame } from '@bowline/link-protocol';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { askToConnect, type ScriptedWorld, scriptedWorld } from './scripted-peer.ts';

const [A, B] = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'] as const;

/** A run of the peer that is alive: it answers pings, on one connection after the other. */
const keepAlive = ({ peer }: ScriptedWorld, connection: PeerConnection): void => {
  connection.onFrame((bytes) => {
    const frame = decodeLinkFrame(bytes);
    if (frame.kind === 'ping') void peer.say(connection, { kind: 'pong', nonce: frame.nonce }).catch(() => undefined);
  });
};

const greet = async ({ peer }: ScriptedWorld, life: string, incarnation = 1): Promise<PeerConnection> => {
  const connection = await peer.dial();
  await peer.say(connection, { kind: 'hello', ...peer.greeting({ life, incarnation }) });
  return connection;
};

const clonedTold = ({ under }: ScriptedWorld) => under.harness.toldOf('peer.cloned').map(({ isCloned }) => isCloned);

/** Two runs were found alive. @param incarnation of the second one */
const twins = async (incarnation = 1) => {
  const world = await scriptedWorld();
  const first = await world.peer.link({ life: A, incarnation: 5 });
  keepAlive(world, first);
  const second = await greet(world, B, 5 + incarnation);
  await world.clock.advance(100);
  return { ...world, world, first, second };
};

describe('two runs of one device', () => {
  it.each([0, 1])(
    'that are both alive are both closed as cloned, and it is told (the second %i starts later)',
    async (later) => {
      const { world, first, second } = await twins(later);
      expect(await first.closed).toMatchObject({ by: 'peer', name: 'cloned' });
      expect(await second.closed).toMatchObject({ by: 'peer', name: 'cloned' });
      expect(clonedTold(world)).toEqual([true]);
      expect(world.under.harness.toldOf('link.down').at(-1)).toMatchObject({ reason: 'cloned' });
    },
  );

  it('are found also when the second one runs from an older copy', async () => {
    const { world, first, second } = await twins(-2);
    expect(await first.closed).toMatchObject({ name: 'cloned' });
    expect(await second.closed).toMatchObject({ name: 'cloned' });
    expect(clonedTold(world)).toEqual([true]);
  });

  it('are refused as long as both come, and the one that is left is linked', async () => {
    const { world, clock } = await twins();
    for (let round = 0; round < 4; round += 1) {
      for (const life of [A, B]) {
        const refused = await greet(world, life, 6);
        expect(await refused.closed).toMatchObject({ name: 'cloned' });
      }
      await expect(askToConnect(world)).rejects.toMatchObject({ code: 'LINK_REFUSED', data: { name: 'cloned' } });
      await clock.advance(3_000);
    }
    expect(await (await greet(world, B, 6)).closed).toMatchObject({ name: 'cloned' });
    await clock.advance(7_100);
    await world.peer.link({ life: B, incarnation: 6 });
    expect(clonedTold(world)).toEqual([true, false]);
  });

  it('of which the first is dead are one that was restarted', async () => {
    const world = await scriptedWorld();
    const dead = await world.peer.link({ life: A });
    await world.peer.link({ life: B, incarnation: 2 });
    await world.clock.advance(2_100);
    expect(await dead.closed).toMatchObject({ name: 'superseded' });
    expect(clonedTold(world)).toEqual([]);
  });

  it('of which the later one is dead are one that was restored, and is handed its own claim', async () => {
    const world = await scriptedWorld();
    const dead = await world.peer.link({ life: A, incarnation: 5 });
    await world.peer.say(dead, { kind: 'claim', claim: '5 0123456789abcdef 00' });
    await settle();
    expect(world.under.harness.toldOf('claim.received')).toMatchObject([{ claim: '5 0123456789abcdef 00' }]);
    const behind = await greet(world, B, 3);
    await world.clock.advance(2_100);
    expect(await behind.closed).toMatchObject({ name: 'stale', reason: '5 0123456789abcdef 00' });
    expect(clonedTold(world)).toEqual([]);
  });
});

describe('a device that is refused for its own starts', () => {
  it.each([
    ['stale', '5 0123456789abcdef 00', '5 0123456789abcdef 00'],
    ['cloned', '', null],
  ] as const)('tells: %s', async (name, words, claim) => {
    const world = await scriptedWorld();
    const connecting = askToConnect(world).catch((error: unknown) => error);
    await settle();
    await world.peer.accepted[0]?.close(name, words);
    expect(await connecting).toMatchObject({ code: 'LINK_REFUSED', data: { name } });
    await settle();
    expect(world.under.harness.toldOf('self.refused')).toEqual([{ deviceId: world.peer.deviceId, name, claim }]);
  });
});
