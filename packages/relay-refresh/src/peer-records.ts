import type { DeviceId, RelayInfo } from '@bowline/contracts';
import { hasSameRelays, isNewerRecord, soundRecord } from './relay-record.ts';

/** What the peers told of themselves. Times are monotonic milliseconds. */
export interface PeerRecords {
  /** Takes a record from the store, which is told already, unless there is one. */
  know(deviceId: DeviceId, relayInfo: RelayInfo): void;
  /** Takes a record; `false` when it is old news or makes no sense. */
  learn(deviceId: DeviceId, relayInfo: RelayInfo): boolean;
  forget(deviceId: DeviceId): void;
  /** When the next change may be told; `null` when none is left to tell. */
  readonly tellAtMs: number | null;
  /** The next change to tell now, or `undefined`. */
  takeChange(nowMs: number): { readonly deviceId: DeviceId; readonly relayInfo: RelayInfo } | undefined;
}

/** Least time between two changes told of one device, milliseconds: each is written to disk, and a peer may send without end. */
const CHANGE_SPACING_MS = 1_000;

interface PeerRecord {
  /** The latest record, by its numbers. */
  latest: RelayInfo;
  /** The last one told, or known from the store; `undefined` before the first. */
  told: RelayInfo | undefined;
  toldAtMs: number;
}

export const peerRecords = (): PeerRecords => {
  const peers = new Map<DeviceId, PeerRecord>();
  // The devices whose latest record has not been told.
  const untold = new Set<DeviceId>();
  const dueAtMs = (deviceId: DeviceId): number =>
    (peers.get(deviceId)?.toldAtMs ?? Number.NEGATIVE_INFINITY) + CHANGE_SPACING_MS;

  return {
    know: (deviceId, relayInfo) => {
      const latest = soundRecord(relayInfo);
      if (latest === undefined || peers.has(deviceId)) return;
      peers.set(deviceId, { latest, told: latest, toldAtMs: Number.NEGATIVE_INFINITY });
    },
    learn: (deviceId, relayInfo) => {
      const record = soundRecord(relayInfo);
      const peer = peers.get(deviceId);
      if (record === undefined || !isNewerRecord(record, peer?.latest)) return false;
      peers.set(deviceId, { told: peer?.told, toldAtMs: peer?.toldAtMs ?? Number.NEGATIVE_INFINITY, latest: record });
      if (hasSameRelays(peer?.told, record)) untold.delete(deviceId);
      else untold.add(deviceId);
      return true;
    },
    forget: (deviceId) => {
      peers.delete(deviceId);
      untold.delete(deviceId);
    },
    get tellAtMs() {
      return untold.size === 0 ? null : Math.min(...Array.from(untold, dueAtMs));
    },
    takeChange: (nowMs) => {
      for (const deviceId of untold) {
        const peer = peers.get(deviceId);
        if (peer === undefined || dueAtMs(deviceId) > nowMs) continue;
        untold.delete(deviceId);
        peer.told = peer.latest;
        peer.toldAtMs = nowMs;
        return { deviceId, relayInfo: peer.latest };
      }
      return undefined;
    },
  };
};
