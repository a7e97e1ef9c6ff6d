import type { HostEvent } from '@bowline/contracts';
import { startClaim } from '@bowline/link-protocol';
import { settle } from '@bowline/testing';
import { expect, it, onTestFinished } from 'vitest';
import { keepIdentity } from '../src/wiring/keep-identity.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const nas = peerDevice(2);

/** A device that has started once. */
const arrange = async () => {
  const scripted = scriptedSystem({
    'persistence.raiseIncarnation': ({ above }: { readonly above: number }) => ({ incarnation: above + 1 }),
  });
  const { system, peers, tell } = scripted;
  await peers.adopt(nas);
  const told: HostEvent[] = [];
  system.hub.onAny((event) => told.push(event));
  onTestFinished(keepIdentity(system));
  const claimOf = (incarnation: number, instance = 'f'.repeat(16)) =>
    startClaim(system.identity.secretKey, { incarnation, instance });
  const refuse = async (name: 'stale' | 'cloned', claim: string | null = null): Promise<void> => {
    tell('links', 'self.refused', { deviceId: nas.id, name, claim });
    await settle();
  };
  const link = async (): Promise<void> => {
    tell('links', 'claim.received', { deviceId: nas.id, claim: 'theirs' });
    await settle();
  };
  return { ...scripted, told, claimOf, refuse, link };
};

it('goes on above what a peer proves, and says how much is forgotten', async () => {
  const { own, told, claimOf, refuse, asked } = await arrange();
  await refuse('stale', claimOf(4));
  expect(own.current.start.incarnation).toBe(5);
  expect(told).toEqual([{ event: 'identity.restored', forgottenStarts: 4 }]);
  expect(asked).toContain('scheduler.nudgeAll');
});

it.each([
  ['nothing', () => null],
  ['words', () => 'you are at 900'],
  ['a claim with a higher count', (claim: string) => claim.replace(/^4/, '900')],
])('believes no hearsay: %s', async (_, forged) => {
  const { own, told, claimOf, refuse, inputsOf } = await arrange();
  await refuse('stale', forged(claimOf(4)));
  expect([own.current.start.incarnation, told, inputsOf('persistence.raiseIncarnation')]).toEqual([1, [], []]);
});

it('goes on by one where the peer has seen a start that ended before it gave a claim, sixteen times at most', async () => {
  const { own, claimOf, refuse } = await arrange();
  for (let round = 0; round < 30; round += 1) await refuse('stale', claimOf(4));
  expect(own.current.start.incarnation).toBe(5 + 16);
});

it('keeps what a peer tells of its starts, once', async () => {
  const { inputsOf, link } = await arrange();
  await link();
  await link();
  expect(inputsOf('persistence.changeTrust')).toEqual([{ deviceId: nas.id, change: { claim: 'theirs' } }]);
});

it('that was linked and is overtaken then is a copy: it waits before it goes on, and says so', async () => {
  const { own, told, claimOf, refuse, link, clock } = await arrange();
  await link();
  await refuse('stale', claimOf(4));
  expect(own.current.start.incarnation).toBe(1);
  expect(told).toMatchObject([{ event: 'store.problemChanged', problem: { code: 'IDENTITY_CLONED' } }]);
  await clock.advance(29_000);
  await refuse('stale', claimOf(4));
  expect(own.current.start.incarnation).toBe(1);
  await clock.advance(1_000);
  await refuse('stale', claimOf(4));
  expect(own.current.start.incarnation).toBe(5);
});

it('that is refused as cloned comes again every 3 s, and is single again with the next link that holds', async () => {
  const { system, told, refuse, link, clock, inputsOf } = await arrange();
  for (let round = 0; round < 3; round += 1) {
    await refuse('cloned');
    await clock.advance(3_000);
  }
  expect(inputsOf('scheduler.nudge')).toHaveLength(3);
  expect(system.storeHealth.isCloned).toBe(true);
  await link();
  expect(told).toMatchObject([
    { event: 'store.problemChanged', problem: { code: 'IDENTITY_CLONED' } },
    { event: 'store.problemChanged', problem: null },
  ]);
});

it('is single again when the one that says otherwise is unpaired', async () => {
  const { system, peers, refuse } = await arrange();
  await refuse('cloned');
  await peers.remove(nas.id);
  expect(system.storeHealth.isCloned).toBe(false);
});
