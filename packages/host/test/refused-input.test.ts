import { expect, it } from 'vitest';
import { createHost } from '../src/create-host.ts';

const host = createHost({ dataDir: '/never/started' });
const wrong = (value: unknown): never => value as never;

it.each([
  ['pair', () => host.pair(wrong({ ttl: 5 })), /"pair\.ttl" is none of those there are: ttlMs, policy,/],
  ['join', () => host.join('words', wrong({ timeout: 5 })), /"join\.timeout" is none of those/],
  ['send', () => host.send(wrong('d-x'), 'a', wrong({ ttlMs: 5 })), /"send\.ttlMs" is none of those/],
])('%s refuses an option that there is not, by its name', async (_, call, message) => {
  await expect(call()).rejects.toThrow(message);
  await expect(call()).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});

it('on refuses an event that there is not', () => {
  expect(() => host.on(wrong('message.arrived'), () => undefined)).toThrow(
    /"event" must be one of .*message\.received/,
  );
});

it('send refuses what is neither text nor bytes', async () => {
  await expect(host.send(wrong('d-x'), wrong({ a: 1 }))).rejects.toThrow(/"body" must be text or a Uint8Array/);
});
