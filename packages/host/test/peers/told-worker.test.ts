import { BowlineError, brandAs, type PeerList, type SightedPeer, type SocketAddress } from '@bowline/contracts';
import { fakeClock, memoryLogger, seededRandom, settle } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { peerRegistry } from '../../src/peers/peer-registry.ts';
import { mdnsView } from '../../src/peers/peer-views.ts';
import { toldWorker } from '../../src/peers/told-worker.ts';
import { peerDevice } from '../scripted-system.ts';

const [phone, nas] = [peerDevice(2), peerDevice(3)];

/** A worker that is told of the phone; `answer` decides what becomes of each telling. */
const arrange = () => {
  const peers = peerRegistry([phone]);
  const clock = fakeClock();
  const lists: PeerList<SightedPeer>[] = [];
  const worker = {
    prepare: async (): Promise<void> => undefined,
    answer: async (): Promise<void> => undefined,
    onReady: (prepare: () => Promise<void>) => {
      worker.prepare = prepare;
      return () => undefined;
    },
  };
  const setPeers = (list: PeerList<SightedPeer>) => {
    lists.push(list);
    return worker.answer();
  };
  const told = toldWorker(worker, setPeers, mdnsView, {
    peers,
    clock,
    random: seededRandom(),
    logger: memoryLogger(),
  });
  onTestFinished(told.cancel);
  peers.onChanged(told.tell);
  const fail = (code: string) => async () => {
    throw new BowlineError({ code, message: code });
  };
  return { peers, clock, lists, worker, told, fail };
};
const viewOf = ({ id: deviceId, endpointId }: typeof phone): SightedPeer => ({
  deviceId,
  endpointId,
  presenceKey: null,
  isAwaited: false,
});

describe('mDNS', () => {
  it('awaits a device that it has seen and that is gone without a goodbye', async () => {
    const { peers, lists, worker } = arrange();
    await worker.prepare();
    const isAwaited = (): boolean | undefined => lists.at(-1)?.peers[0]?.isAwaited;
    const update = async (change: Parameters<typeof peers.update>[1]): Promise<boolean | undefined> => {
      peers.update(phone.id, change);
      await settle();
      return isAwaited();
    };
    expect(await update({ link: 'down' })).toBe(false);
    expect(await update({ link: 'up', sightedAddresses: [brandAs<SocketAddress>('10.0.0.2:4000')] })).toBe(false);
    expect(await update({ link: 'down' })).toBe(true);
    expect(await update({ link: 'up' })).toBe(false);
    expect(await update({ link: 'away' })).toBe(false);
  });
});

describe('a worker that has to know of the peers', () => {
  it('is told all of them whenever it becomes ready, and nothing before', async () => {
    const { peers, lists, worker } = arrange();
    await peers.adopt(nas);
    expect(lists).toEqual([]);
    await worker.prepare();
    await worker.prepare();
    const all = { scope: 'all', peers: [viewOf(phone), viewOf(nas)] };
    expect(lists).toEqual([all, all]);
  });

  it('is told each change that shows to it, and no other', async () => {
    const { peers, lists, worker } = arrange();
    await worker.prepare();
    peers.update(phone.id, { link: 'up' });
    await peers.adopt(nas);
    await peers.remove(phone.id);
    expect(lists.slice(1)).toEqual([
      { scope: 'some', peers: [viewOf(nas)] },
      { scope: 'some', peers: [], gone: [phone.id] },
    ]);
  });

  it('that is being restarted misses nothing, and is not asked again and again meanwhile', async () => {
    const { peers, clock, lists, worker, fail } = arrange();
    await worker.prepare();
    worker.answer = fail('WORKER_DOWN');
    await peers.adopt(nas);
    await peers.remove(phone.id);
    await clock.advance(60_000);
    expect(lists).toHaveLength(2);
    worker.answer = async () => undefined;
    await worker.prepare();
    expect(lists.at(-1)).toEqual({ scope: 'all', peers: [viewOf(nas)] });
  });

  it('that runs and does not take a change is told all again, until it does', async () => {
    const { peers, clock, lists, worker, fail } = arrange();
    await worker.prepare();
    worker.answer = fail('CHANNEL_DEADLINE');
    await peers.adopt(nas);
    await clock.advance(1_000);
    await settle();
    expect(lists).toHaveLength(3);
    worker.answer = async () => undefined;
    await clock.advance(60_000);
    expect(lists.slice(3)).toEqual([{ scope: 'all', peers: [viewOf(phone), viewOf(nas)] }]);
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('does not start when it cannot be told', async () => {
    const { worker, fail } = arrange();
    worker.answer = fail('CHANNEL_DEADLINE');
    await expect(worker.prepare()).rejects.toMatchObject({ code: 'CHANNEL_DEADLINE' });
  });

  it('is told nothing after the device stopped', async () => {
    const { peers, clock, lists, worker, told, fail } = arrange();
    await worker.prepare();
    worker.answer = fail('CHANNEL_DEADLINE');
    await peers.adopt(nas);
    told.cancel();
    await peers.remove(nas.id);
    await clock.advance(60_000);
    expect(lists).toHaveLength(2);
  });
});
