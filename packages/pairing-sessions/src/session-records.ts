import type { EndpointId, PeerDevice } from '@bowline/contracts';
import type { PairingDetails, PeerRecords } from './peer-records.ts';

/**
 * One session's view of the store. Two devices may pair by more than one code at once; the record they share is removed
 * only by the last session that gives up.
 */
export interface SessionRecords extends Omit<PeerRecords, 'find' | 'storePending' | 'takeBack' | 'isStored'> {
  /** The device as it was before this session, looked up once: later the session's own record would be found. */
  recognize(endpointId: EndpointId): Promise<PeerDevice | null>;
  /** As of all records; what it leaves behind when it rejects is taken back with the session. */
  storePending(endpointId: EndpointId, details: PairingDetails): Promise<PeerDevice>;
  /**
   * The session is over and nothing may stay of it: takes back what it stored, or is still storing, unless that was there
   * before, or is another session's as well. Never rejects: what stays is no permission.
   */
  giveUp(): Promise<void>;
  /** The session is over and what it stored stays. */
  keep(): void;
}

/** What the sessions with one device have at stake. */
interface Stake {
  readonly owners: Set<symbol>;
  stored: PeerDevice | null;
  /** It is not theirs alone: it was there before them, or one of them has kept it. */
  mustStay: Promise<boolean>;
}

/** Opens the store for one session after another. */
export const sessionRecords = (records: PeerRecords): (() => SessionRecords) => {
  const stakes = new Map<EndpointId, Stake>();

  return () => {
    const owner = Symbol('session');
    let claimed: EndpointId | null = null;
    let recognized: Promise<PeerDevice | null> | null = null;
    let storing: Promise<unknown> = Promise.resolve();
    let mayBePromoted = false;

    const claim = (endpointId: EndpointId): Stake => {
      const stake = stakes.get(endpointId) ?? {
        owners: new Set(),
        stored: null,
        mustStay: records.isStored(endpointId),
      };
      claimed = endpointId;
      stakes.set(endpointId, stake);
      stake.owners.add(owner);
      return stake;
    };

    /** What was at stake, once nobody else has a part in it. */
    const release = (mustStay: boolean): Stake | null => {
      const stake = claimed === null ? undefined : stakes.get(claimed);
      if (claimed === null || stake === undefined) return null;
      stake.owners.delete(owner);
      if (mustStay) stake.mustStay = Promise.resolve(true);
      if (stake.owners.size > 0) return null;
      stakes.delete(claimed);
      return stake;
    };

    return {
      ...records,
      recognize: (endpointId) => {
        recognized ??= records.find(endpointId);
        return recognized;
      },
      storePending: (endpointId, details) => {
        const stake = claim(endpointId);
        const stored = records.storePending(endpointId, details, (device) => {
          stake.stored = device;
        });
        storing = stored.catch(() => undefined);
        return stored;
      },
      promote: async (...what) => {
        mayBePromoted = true;
        return records.promote(...what);
      },
      recover: (endpointId, ...details) => {
        claim(endpointId);
        return records.recover(endpointId, ...details);
      },
      giveUp: async () => {
        await storing;
        const stake = release(false);
        if (stake === null || (await stake.mustStay)) return;
        const isTakenUp = claimed !== null && stakes.has(claimed);
        if (stake.stored !== null && !isTakenUp) await records.takeBack(stake.stored, mayBePromoted);
      },
      keep: () => void release(true),
    };
  };
};
