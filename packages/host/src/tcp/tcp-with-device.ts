import type { DeviceReport, LinkStatus, RequestOutput, TcpAbsence, TcpTransportChannel } from '@bowline/contracts';
import type { Peer } from '../peers/peer.ts';

/** What a device knows beside its link it says at once; one that has said nothing so long after knows nothing. Milliseconds. */
const SAID_WITHIN_MS = 5_000;

/** What {@link tcpWithDevice} is read from. */
export interface TcpSources {
  readonly peer: Pick<Peer, 'device' | 'path' | 'knowsTcp'>;
  readonly link: LinkStatus | undefined;
  /** What the keeper of TCP connections says; `null`: it is not to be had at the moment. */
  readonly tcp: RequestOutput<TcpTransportChannel, 'status'> | null;
  /** Whether this device may use TCP at all. */
  readonly isTcpOn: boolean;
  readonly nowMs: number;
}

/** The TCP connections with one device, all together, or why there are none. */
export const tcpWithDevice = (sources: TcpSources): Pick<DeviceReport, 'tcp' | 'tcpAbsence'> => {
  const { peer, tcp } = sources;
  const own = (tcp?.connections ?? []).filter(({ deviceId }) => deviceId === peer.device.id);
  if (own.length === 0) return { tcp: null, tcpAbsence: absenceOf(sources) };
  return { tcp: { bytesPerSecond: own.reduce((sum, each) => sum + each.bytesPerSecond, 0) }, tcpAbsence: null };
};

const absenceOf = ({ peer, link, tcp, isTcpOn, nowMs }: TcpSources): TcpAbsence | null => {
  if (link?.state !== 'connected') return null;
  if (!isTcpOn) return 'offHere';
  if ((link.path ?? peer.path)?.kind === 'relay') return 'relayed';
  if (!(peer.knowsTcp ?? nowMs - link.sinceMs < SAID_WITHIN_MS)) return 'offThere';
  const known = tcp?.links.find(({ deviceId }) => deviceId === peer.device.id);
  switch (known?.lastAttempt) {
    case undefined:
      return null;
    case 'lost':
      return 'lost';
    case 'stood':
      return 'notNeeded';
    case 'failed':
      return known?.isDiallable === true ? 'blocked' : 'noSharedNetwork';
    case null:
      return known?.isDiallable === true ? 'notNeeded' : 'noSharedNetwork';
  }
};
