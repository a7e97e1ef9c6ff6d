import { describe, expect, it } from 'vitest';
import { ARGON2_BOUNDS, ARGON2_COST, nodeArgon2id, wasmArgon2id } from '../../src/key/argon2id.ts';

const SMALL = { memoryKib: 32, passes: 3, lanes: 4 };

describe('argon2id', () => {
  // Made with the reference implementation: printf 'pass phrase' | argon2 0123456789abcdef -id -t 3 -k 32 -p 4 -l 32 -r
  const EXPECTED = '5641024e61db0163206a9db1700664ec1da3a6fece8a43e8d0ec9b2b8a03809a';

  it('is the same by WebAssembly, by Node where it has it, and by the reference implementation', async () => {
    const [passphrase, salt] = [Buffer.from('pass phrase'), Buffer.from('0123456789abcdef')];
    const byWasm = await wasmArgon2id(passphrase, salt, SMALL);
    expect(Buffer.from(byWasm).toString('hex')).toBe(EXPECTED);
    if (nodeArgon2id === undefined) return;
    expect(Buffer.from(await nodeArgon2id(passphrase, salt, SMALL)).toString('hex')).toBe(EXPECTED);
  });

  it('costs more with each parameter, and ours is within what is read', async () => {
    for (const name of ['memoryKib', 'passes', 'lanes'] as const) {
      expect(ARGON2_COST[name]).toBeGreaterThanOrEqual(ARGON2_BOUNDS[name].least);
      expect(ARGON2_COST[name]).toBeLessThanOrEqual(ARGON2_BOUNDS[name].most);
    }
    const salt = Buffer.alloc(16);
    const made = await Promise.all(
      [SMALL, { ...SMALL, passes: 4 }, { ...SMALL, lanes: 2 }, { ...SMALL, memoryKib: 64 }].map(async (cost) =>
        Buffer.from(await wasmArgon2id(Buffer.from('p'), salt, cost)).toString('hex'),
      ),
    );
    expect(new Set(made).size).toBe(4);
  });
});
