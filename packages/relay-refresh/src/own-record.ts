import type { DeviceId, RelayInfo, RelayUrl } from '@bowline/contracts';
import type { RelayRefreshOptions } from './options.ts';
import { boundedRelayUrls, isSameList } from './relay-record.ts';

/** This device's own record, and to whom it is owed. Times are monotonic milliseconds. */
export interface OwnRecord {
  readonly relayInfo: RelayInfo;
  /** Replaces the relays; `false` when they are the same. */
  present(relayUrls: readonly RelayUrl[], linked: Iterable<DeviceId>, nowMs: number): boolean;
  /** Goes on from the record of an earlier life of this actor: peers take lower revisions for old news. */
  goOnFrom(last: RelayInfo): void;
  /** A device linked: its hello may have been on its way when the record last changed. */
  linked(deviceId: DeviceId, nowMs: number): void;
  unlinked(deviceId: DeviceId): void;
  /** When a push is due; `null` when none is. */
  readonly pushAtMs: number | null;
  /** The devices to push to now; none before `pushAtMs`. */
  takePush(nowMs: number): readonly DeviceId[];
}

/** Longest a hello is under way, milliseconds: the longest deadline of a dial. One that is linked within it after a change may have been told the old record. */
const HELLO_UNDER_WAY_MS = 60_000;

export const ownRecord = ({
  incarnation,
  pushDelayMs,
}: Pick<RelayRefreshOptions, 'incarnation' | 'pushDelayMs'>): OwnRecord => {
  let relayInfo: RelayInfo = { homeRelayUrl: null, relayUrls: [], revision: 0, incarnation };
  let changedAtMs = Number.NEGATIVE_INFINITY;
  let pushAtMs: number | null = null;
  const owed = new Set<DeviceId>();

  const owe = (deviceId: DeviceId, nowMs: number): void => {
    owed.add(deviceId);
    pushAtMs ??= nowMs + pushDelayMs;
  };

  return {
    get relayInfo() {
      return relayInfo;
    },
    get pushAtMs() {
      return pushAtMs;
    },
    present: (given, linked, nowMs) => {
      const relayUrls = boundedRelayUrls(given);
      if (isSameList(relayUrls, relayInfo.relayUrls)) return false;
      relayInfo = { homeRelayUrl: relayUrls[0] ?? null, relayUrls, revision: relayInfo.revision + 1, incarnation };
      changedAtMs = nowMs;
      for (const deviceId of linked) owe(deviceId, nowMs);
      return true;
    },
    goOnFrom: (last) => {
      if (last.incarnation === incarnation && last.revision > relayInfo.revision) relayInfo = last;
    },
    linked: (deviceId, nowMs) => {
      if (nowMs - changedAtMs < HELLO_UNDER_WAY_MS) owe(deviceId, nowMs);
    },
    unlinked: (deviceId) => {
      owed.delete(deviceId);
      if (owed.size === 0) pushAtMs = null;
    },
    takePush: (nowMs) => {
      if (pushAtMs === null || pushAtMs > nowMs) return [];
      pushAtMs = null;
      const deviceIds = [...owed];
      owed.clear();
      return deviceIds;
    },
  };
};
