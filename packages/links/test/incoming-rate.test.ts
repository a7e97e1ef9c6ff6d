import { brandAs, type PresenceKey } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { scriptedWorld } from './scripted-peer.ts';

describe('a device that links anew without end', () => {
  it('is answered with busy after some, and linked again later', async () => {
    const { peer, under, clock } = await scriptedWorld();
    const refused: unknown[] = [];
    for (let count = 0; count < 100; count += 1) {
      const connection = await peer.dial();
      await peer.say(connection, { kind: 'hello', ...peer.greeting() }).catch(() => undefined);
      void connection.closed.then(({ name }) => refused.push(name));
      await settle();
    }
    const ups = (): number => under.events().filter((event) => event === 'link.up').length;
    expect(ups()).toBe(60);
    expect(refused.filter((name) => name === 'busy')).toHaveLength(40);
    await clock.advance(5_000);
    await peer.link();
    expect(ups()).toBe(61);
  });
});

describe('what a device shows on the local network', () => {
  it('is told on every link, and when it changes', async () => {
    const { peer, under } = await scriptedWorld();
    const key = (byte: string) => brandAs<PresenceKey>(byte.repeat(32));
    await under.present({ presenceKey: key('11') });
    const connection = await peer.link();
    expect(await peer.read(connection)).toContainEqual({ kind: 'presence', key: key('11') });
    await under.present({ presenceKey: key('22') });
    expect(await peer.read(connection)).toEqual([{ kind: 'presence', key: key('22') }]);
    await under.present({ presenceKey: key('22') });
    expect(await peer.read(connection)).toEqual([]);
  });

  it('is passed on as it is told, and ends the link when it is none', async () => {
    const { peer, under } = await scriptedWorld();
    const connection = await peer.link();
    const key = '11'.repeat(32);
    await peer.say(connection, { kind: 'presence', key } as never);
    await settle();
    expect(under.harness.toldOf('presence.received')).toEqual([{ deviceId: peer.deviceId, presenceKey: key }]);
    await peer.say(connection, { kind: 'presence', key: 'short' } as never);
    expect(await connection.closed).toMatchObject({ name: 'protocol-error' });
  });
});
