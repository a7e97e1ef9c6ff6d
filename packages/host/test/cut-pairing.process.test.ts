import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryLogger } from '@bowline/testing';
import { expect, it, onTestFinished } from 'vitest';
import { createHost, type Host, PairingFailedError } from '../src/index.ts';

const device = async (name: string): Promise<Host> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bowline-host-'));
  const options = { dataDir, name, relay: 'disabled', bind: ['127.0.0.1'] } as const;
  const host = createHost(options, { logger: memoryLogger() });
  onTestFinished(async () => {
    await host.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  await host.start();
  return host;
};

const endpointPid = async (host: Host): Promise<number> => {
  const { workers } = await host.status();
  const pid = workers.find(({ name }) => name === 'endpoint')?.pid;
  if (typeof pid !== 'number') throw new Error('the endpoint has no process of its own');
  return pid;
};

/** Kills the endpoint of a device the first time its pairing comes to a state: what was on its way is lost. */
const cutAt = async (host: Host, role: string, state: string): Promise<{ readonly done: Promise<void> }> => {
  const pid = await endpointPid(host);
  const isCut = Promise.withResolvers<void>();
  const cancel = host.on('pairing.stateChanged', (told) => {
    if (told.role !== role || told.state !== state) return;
    cancel();
    process.kill(pid, 'SIGKILL');
    isCut.resolve();
  });
  return { done: isCut.promise };
};

/** `null` when it came to nothing. */
const joined = async (host: Host, words: string) => {
  try {
    return await (await host.join(words, { policy: 'accept' })).paired;
  } catch (error) {
    if (error instanceof PairingFailedError) return null;
    throw error;
  }
};

/**
 * Steps at which something is lost on its way that one side has sent and the other one needs. Every pairing comes by them:
 * an initiator's `exchanging` is passed over when the joiner's confirm comes while it stores.
 */
const CUTS = [
  ['initiator', 'storing'],
  ['initiator', 'promoting'],
  ['joiner', 'confirming'],
  ['joiner', 'exchanging'],
  ['joiner', 'promoting'],
] as const;

const isPairedWith = (host: Host, other: Host): boolean =>
  host.devices().some(({ id, pairingState }) => id === other.self.id && pairingState === 'paired');

/** A joiner that was left alone notices after 10 s, and looks for the initiator for 15 s. */
const HEALING_MS = 150_000;

it.each(CUTS)(
  'a pairing whose %s is cut off when it is %s leaves both agreed, at the latest with the same code again',
  async (role, state) => {
    const [nas, laptop] = await Promise.all([device('nas'), device('laptop')]);
    const areAgreed = (): boolean => isPairedWith(nas, laptop) && isPairedWith(laptop, nas);
    const cut = await cutAt(role === 'initiator' ? nas : laptop, role, state);
    const offer = await nas.pair({ policy: 'accept', ttlMs: 600_000 });
    await joined(laptop, offer.words);
    await cut.done;
    // Who has stored the other one dials it, and that heals too; a code is known for as long as it lives.
    for (let tries = 0; tries < 3 && !areAgreed(); tries += 1) await joined(laptop, offer.words);
    await expect.poll(areAgreed).toBe(true);
    expect([nas.devices().length, laptop.devices().length]).toEqual([1, 1]);
  },
  HEALING_MS,
);
