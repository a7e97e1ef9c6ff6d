import type { HostStatus } from '@bowline/contracts';

const NOTHING = Object.freeze({ sentBytes: 0, receivedBytes: 0 });

/** A status without what counts on as long as a device is linked: heartbeats alone are no change that somebody waits for. */
export const stillStatus = (status: HostStatus): HostStatus => ({
  ...status,
  peers: status.peers.map((peer) => ({
    ...peer,
    bytes: { sinceMs: peer.bytes.sinceMs, direct: NOTHING, relayed: NOTHING },
  })),
});
