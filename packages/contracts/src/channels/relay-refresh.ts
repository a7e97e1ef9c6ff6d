import type { RelayInfo } from '../addresses.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type { DeviceId, RelayUrl } from '../ids.ts';

/**
 * Asked of, and told by, the task that keeps relay information fresh: changes are pushed at once to every connected
 * peer, and an hourly sweep with jitter asks those that have been silent. It sends nothing itself.
 */
export const relayRefreshChannel = defineChannel({
  name: 'relay-refresh',
  version: 1,
  requests: {
    /** This device's relays changed, home first. Unchanged lists are ignored. */
    presentSelf: request<{ readonly relayUrls: readonly RelayUrl[] }, void>(),
    /** This device's own record now. */
    own: request<Record<string, never>, { readonly relayInfo: RelayInfo }>(),
    reportLinked: request<{ readonly deviceId: DeviceId }, void>(),
    reportUnlinked: request<{ readonly deviceId: DeviceId }, void>(),
    /** A peer told its record, in a hello, a push or an answer. Older records are ignored. */
    learn: request<{ readonly deviceId: DeviceId; readonly relayInfo: RelayInfo }, void>(),
    /** The device was unpaired: forget it. */
    forget: request<{ readonly deviceId: DeviceId }, void>(),
  },
  events: {
    /** Send our record to these linked devices now. */
    'push.due': event<{ readonly deviceIds: readonly DeviceId[]; readonly relayInfo: RelayInfo }>(),
    /** Ask this linked device for its record. */
    'ask.due': event<{ readonly deviceId: DeviceId }>(),
    /** A peer's record is new: store it, and hint the switchboard. */
    'relayInfo.changed': event<{ readonly deviceId: DeviceId; readonly relayInfo: RelayInfo }>(),
  },
});

export type RelayRefreshChannel = typeof relayRefreshChannel;
