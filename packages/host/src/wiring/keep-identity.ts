import type { Cancel, DeviceId, EventPayload, LinksChannel } from '@bowline/contracts';
import { readStartClaim, startClaim } from '@bowline/link-protocol';
import { noteClone } from '../store-health.ts';
import type { System } from '../system.ts';
import { changeTrust } from './trust-changes.ts';

/** How often a device that is refused because it runs twice comes again, milliseconds: by that the others see who is left. */
const RETRY_MS = 3_000;

/**
 * How long a device that another run has overtaken waits before it goes on, milliseconds: the other one may only be out of
 * reach for a moment, and two that overtake each other at once would do so for ever.
 */
const OVERTAKEN_MS = 30_000;

/** Starts that a peer has seen and has no claim of, because they ended at once: so many are believed of a run, one at a time. */
const MOST_UNCLAIMED = 16;

/**
 * Keeps the identity of this device single. A peer that has seen a later start of it hands back the proof that this device
 * gave it then: a device that was never linked since it started was restored from an older copy, and goes on above that
 * count; one that was linked already has been overtaken by a copy that started after it. A peer that sees both at once
 * says so. Copies wait, and say so, until one of them ends.
 */
export const keepIdentity = (system: System): Cancel => {
  const { parts, peers, own, hub, clock, identity, instance, inBackground, logger } = system;
  const { links, persistence, scheduler } = parts;
  let wasLinked = false;
  let overtakenSinceMs: number | null = null;
  let unclaimed = 0;
  const retries = new Map<DeviceId, Cancel>();

  /** Those who see two of this device. */
  const refusing = new Set<DeviceId>();
  const setRefusing = (deviceId: DeviceId, isRefusing: boolean): void => {
    if (isRefusing) refusing.add(deviceId);
    else refusing.delete(deviceId);
    noteClone(system, refusing.size > 0);
  };

  const comeAgain = (deviceId: DeviceId): void => {
    if (retries.has(deviceId)) return;
    const again = (): void => {
      retries.delete(deviceId);
      if (peers.get(deviceId) === undefined) setRefusing(deviceId, false);
      else inBackground('come again', () => scheduler.client.request('nudge', { deviceId, cause: 'user' }));
    };
    retries.set(deviceId, clock.setTimer(RETRY_MS, again, { unref: true }));
  };

  const goOnAbove = async (count: number): Promise<void> => {
    const before = own.current.start.incarnation;
    if (count < before) return;
    const { incarnation } = await persistence.client.request('raiseIncarnation', { above: count });
    overtakenSinceMs = null;
    own.update({ start: { incarnation, claim: startClaim(identity.secretKey, { incarnation, instance }) } });
    logger.warn({ before, incarnation }, 'this device runs from an older copy of its data');
    hub.tell({ event: 'identity.restored', forgottenStarts: count - before + 1 });
    await scheduler.client.request('nudgeAll', { cause: 'user' });
  };

  const onBehind = (deviceId: DeviceId, told: string | null): void => {
    const claim = told === null ? null : readStartClaim(identity.secretKey, told);
    // Hearsay: anybody who is paired could say so.
    if (claim === null || claim.instance === instance) return;
    const isBehind = claim.incarnation < own.current.start.incarnation;
    if (isBehind && unclaimed >= MOST_UNCLAIMED) return;
    const nowMs = clock.monotonicMs();
    if (!wasLinked || (overtakenSinceMs !== null && nowMs - overtakenSinceMs >= OVERTAKEN_MS)) {
      if (isBehind) unclaimed += 1;
      const { incarnation } = own.current.start;
      inBackground('go on above what was forgotten', () => goOnAbove(Math.max(incarnation, claim.incarnation)));
      return;
    }
    overtakenSinceMs ??= nowMs;
    setRefusing(deviceId, true);
    comeAgain(deviceId);
  };

  const onRefused = ({ deviceId, name, claim }: EventPayload<LinksChannel, 'self.refused'>): void => {
    if (peers.get(deviceId) === undefined) return;
    if (name === 'stale') {
      onBehind(deviceId, claim);
      return;
    }
    setRefusing(deviceId, true);
    comeAgain(deviceId);
  };

  const onLinked = (deviceId: DeviceId): void => {
    wasLinked = true;
    setRefusing(deviceId, false);
  };

  const cancels = [
    links.client.on('self.refused', onRefused),
    // A link that the other side closes at once is told as up first; a word on it proves that it holds.
    links.client.on('claim.received', ({ deviceId, claim }) => {
      onLinked(deviceId);
      if (peers.get(deviceId) === undefined || peers.get(deviceId)?.device.claim === claim) return;
      inBackground('keep a claim', () => changeTrust(system, deviceId, { claim }));
    }),
    links.client.on('facts.received', ({ deviceId }) => onLinked(deviceId)),
    links.client.on('peer.cloned', ({ deviceId, isCloned }) => {
      const name = peers.get(deviceId)?.device.name;
      if (name !== undefined) hub.tell({ event: 'device.cloned', deviceId, name, isCloned });
    }),
    peers.onChanged(({ deviceId, after }) => {
      if (after === undefined) setRefusing(deviceId, false);
    }),
  ];
  return () => {
    for (const cancel of [...cancels, ...retries.values()]) cancel();
  };
};
