import { brandAs, type PairingSessionId } from '@bowline/contracts';
import type { Host } from '@bowline/host';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { daemonConversation } from '../src/daemon/daemon-handlers.ts';

const sessionId = brandAs<PairingSessionId>('s');
const context = { signal: new AbortController().signal };

/** A host whose sessions begin when the test says so. */
const slowHost = () => {
  const begun = Promise.withResolvers<void>();
  const cancelled: string[] = [];
  const session = async (kind: string) => {
    await begun.promise;
    return {
      sessionId,
      paired: new Promise(() => undefined),
      decide: async () => undefined,
      cancel: async () => {
        cancelled.push(kind);
      },
    };
  };
  const host = { pair: () => session('offer'), join: () => session('join') } as unknown as Host;
  return { host, begin: begun.resolve, cancelled };
};

describe('a client that goes', () => {
  it('leaves no session behind that begins only then', async () => {
    const { host, begin, cancelled } = slowHost();
    const { handlers, end } = daemonConversation(host);
    const asked = [
      handlers.join({ code: 'c', policy: 'accept', sessionId }, context),
      handlers.pair({ ttlMs: 300_000, policy: 'accept' }, context),
    ];
    await end();
    begin();
    await Promise.all(asked);
    expect(cancelled.toSorted((one, other) => one.localeCompare(other))).toEqual(['join', 'offer']);
  });

  it('ends the sessions it has', async () => {
    const { host, begin, cancelled } = slowHost();
    const { handlers, end } = daemonConversation(host);
    begin();
    await handlers.join({ code: 'c', policy: 'accept', sessionId }, context);
    await settle();
    expect(cancelled).toEqual([]);
    await end();
    expect(cancelled).toEqual(['join']);
  });
});
