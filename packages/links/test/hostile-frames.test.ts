import type { LinkFrame } from '@bowline/link-protocol';
import { settle } from '@bowline/testing';
import { encodeFrame } from '@bowline/wire-format';
import { describe, expect, it } from 'vitest';
import { scriptedWorld } from './scripted-peer.ts';

const part = Uint8Array.of(1);

describe('frames that break the rules', () => {
  it.each<[string, readonly Uint8Array[]]>([
    ['no CBOR', [Uint8Array.of(0xff)]],
    ['nothing', [new Uint8Array(0)]],
    ['a known kind with a field too many', [encodeFrame({ kind: 'ping', nonce: 1, more: 1 })]],
    [
      'an acknowledgement of what was never sent',
      [encodeFrame({ kind: 'ack', position: { incarnation: 1, sequence: 9 } })],
    ],
    ['a part that does not begin', [encodeFrame({ kind: 'message', sequence: 1, sizeBytes: 2, offset: 1, part })]],
    [
      'a sequence that falls',
      [2, 1].map((sequence) => encodeFrame({ kind: 'message', sequence, sizeBytes: 1, offset: 0, part })),
    ],
    ['a greeting of another version', [encodeFrame({ kind: 'hello', version: 3 })]],
  ])('end the link with protocol-error: %s', async (_what, frames) => {
    const { peer, under } = await scriptedWorld();
    const connection = await peer.link();
    for (const frame of frames) await connection.send(frame);
    expect(await connection.closed).toMatchObject({ by: 'peer', name: 'protocol-error' });
    expect(under.events().filter((event) => event.startsWith('link.'))).toEqual(['link.up', 'link.down protocolError']);
    expect(under.harness.logger.lines.some(({ level }) => level === 'warn')).toBe(true);
  });

  it('end the link: a second greeting', async () => {
    const { peer } = await scriptedWorld();
    const connection = await peer.link();
    await peer.say(connection, { kind: 'hello', ...peer.greeting() });
    expect(await connection.closed).toMatchObject({ name: 'protocol-error' });
  });

  it.each<[string, LinkFrame]>([
    ['pings', { kind: 'ping', nonce: 1 }],
    [
      'relay records',
      { kind: 'relayInfo', relayInfo: { homeRelayUrl: null, relayUrls: [], revision: 1, incarnation: 1 } },
    ],
    ['questions', { kind: 'askRelayInfo' }],
    ['pongs', { kind: 'pong', nonce: 9 }],
  ])('end the link when there are too many of them: %s', async (_what, frame) => {
    const { peer, under } = await scriptedWorld();
    const connection = await peer.link();
    for (let count = 0; count < 1_100; count += 1) {
      await peer.say(connection, frame).catch(() => undefined);
    }
    expect(await connection.closed).toMatchObject({ name: expect.stringMatching(/protocol-error|busy/) });
    expect(under.harness.toldOf('relayInfo.received').length).toBeLessThanOrEqual(1_000);
  });

  it('end the link when acknowledgements come without end', async () => {
    const { peer } = await scriptedWorld();
    const connection = await peer.link();
    // Of another start of this device: allowed, and good for nothing.
    const frame: LinkFrame = { kind: 'ack', position: { incarnation: 77, sequence: 1 } };
    let name: unknown = null;
    void connection.closed.then((close) => {
      name = close.name;
    });
    for (let count = 0; count < 20_100; count += 1) {
      void peer.say(connection, frame).catch(() => undefined);
      if (count % 500 === 0) await settle();
    }
    await settle();
    expect(name).toBe('protocol-error');
  });

  it('do not end the link: kinds of later versions, at a bearable rate', async () => {
    const { peer, under, clock } = await scriptedWorld();
    const connection = await peer.link();
    connection.onFrame(() => undefined);
    for (let count = 0; count < 20; count += 1) {
      for (let burst = 0; burst < 90; burst += 1) await connection.send(encodeFrame({ kind: 'wave', burst }));
      await clock.advance(1_000);
    }
    await settle();
    expect(under.events()).toEqual(['link.up']);
  });

  it('answers pings with the same nonce, and ignores pongs to no ping', async () => {
    const { peer, under } = await scriptedWorld();
    const connection = await peer.link();
    await peer.say(connection, { kind: 'pong', nonce: 77 });
    await peer.say(connection, { kind: 'ping', nonce: 123 });
    expect(await peer.read(connection)).toContainEqual({ kind: 'pong', nonce: 123 });
    expect(under.events()).toEqual(['link.up']);
  });
});
