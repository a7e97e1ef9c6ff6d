import type { RelayInfo } from '../addresses.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type { DeviceId, RelayUrl } from '../ids.ts';
import type { PeerList } from '../peer-list.ts';

/** A paired device, as far as it matters for its relays and for telling it ours. */
export interface RefreshedPeer {
  readonly deviceId: DeviceId;
  /** Grows when the device is paired anew: what it said under an earlier number counts no more. */
  readonly pairing: number;
  readonly isLinked: boolean;
  /** Its record as the store holds it, which is no news; `null` for none. */
  readonly relayInfo: RelayInfo | null;
  /** What it said last, in a hello, a push or an answer; `null` before the first word. Older records are ignored. */
  readonly heard: RelayInfo | null;
}

/**
 * Asked of, and told by, the task that keeps relay information fresh: changes are pushed at once to every connected
 * peer, and an hourly sweep with jitter asks those that have been silent. It sends nothing itself.
 */
export const relayRefreshChannel = defineChannel({
  name: 'relay-refresh',
  version: 2,
  requests: {
    /**
     * This device's relays, home first; unchanged lists are ignored. Answers its record now. `last` is the record answered
     * last before this actor was started again, whose revision the next one exceeds. @defaultValue none
     */
    presentSelf: request<
      { readonly relayUrls: readonly RelayUrl[]; readonly last?: RelayInfo | null },
      { readonly relayInfo: RelayInfo }
    >(),
    /** The paired devices: whom to push to, whom to ask, and what each has said. */
    setPeers: request<PeerList<RefreshedPeer>, void>(),
  },
  events: {
    /** Send our record to these linked devices now. */
    'push.due': event<{ readonly deviceIds: readonly DeviceId[]; readonly relayInfo: RelayInfo }>(),
    /** Ask this linked device for its record. */
    'ask.due': event<{ readonly deviceId: DeviceId }>(),
    /** A peer's record is new: store it, and tell the switchboard. */
    'relayInfo.changed': event<{ readonly deviceId: DeviceId; readonly relayInfo: RelayInfo }>(),
  },
});

export type RelayRefreshChannel = typeof relayRefreshChannel;
