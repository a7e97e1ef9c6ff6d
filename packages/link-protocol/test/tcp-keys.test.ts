import { endpointIdOf } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { type TcpSide, tcpKey } from '../src/index.ts';

const side = (seed: number, share = seed): TcpSide => ({
  endpointId: endpointIdOf(new Uint8Array(32).fill(seed)),
  share: new Uint8Array(32).fill(share),
});

describe('the keys of TCP connections', () => {
  it('are the same for both sides, and another one for each direction, device and life of a link', () => {
    const keys = [
      tcpKey(side(1), side(2)),
      tcpKey(side(2), side(1)),
      tcpKey(side(1), side(3)),
      tcpKey(side(1, 9), side(2)),
      tcpKey(side(1), side(2, 9)),
    ];
    expect(new Set(keys.map(({ identity }) => identity)).size).toBe(keys.length);
    expect(new Set(keys.map(({ secret }) => Buffer.from(secret).toString('hex'))).size).toBe(keys.length);
    expect(tcpKey(side(1), side(2))).toEqual(keys[0]);
    expect(keys[0]).toMatchObject({ identity: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(keys[0]?.secret).toHaveLength(32);
  });

  it('are as the protocol has them', () => {
    const { identity, secret } = tcpKey(side(1), side(2));
    expect([identity, Buffer.from(secret).toString('hex')]).toMatchInlineSnapshot(`
      [
        "81cac48182dc378859129fef8c4ea400",
        "015440b16886359fa78b059e310e43c8a001f5ce66541c15877dbd5e38c723ea",
      ]
    `);
  });
});
