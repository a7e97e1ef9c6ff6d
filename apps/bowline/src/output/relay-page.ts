import type { PeerDevice, RelayReport, TrafficCount, TrafficReport } from '@bowline/contracts';
import { byteCount } from './byte-count.ts';
import { relayStateCell } from './phrases.ts';
import { shownName } from './shown-name.ts';
import { headedTable } from './status-page.ts';
import { PLAIN_LOOK, type TerminalLook } from './terminal-look.ts';

/** The relays of a device, what went through them and for whom, and what is left of a budget, for a person. */
export const relayPage = (
  relays: readonly RelayReport[],
  traffic: TrafficReport,
  devices: readonly Pick<PeerDevice, 'endpointId' | 'name'>[],
  look: TerminalLook = PLAIN_LOOK,
): string => {
  if (relays.length === 0) return 'No relay is in use: local network only.';
  const relayRows = relays.map(({ url, role, state, downReason, rttMs }) => [
    url,
    role,
    relayStateCell({ state, downReason }),
    rttMs === null ? '–' : `${Math.round(rttMs)} ms`,
    bothWays(traffic.relays.find((each) => each.url === url)?.traffic),
  ]);
  const { budget, peers, spentTodayBytes, total } = traffic;
  // Others only knocked, or are where a code was shown: they are in the sum alone.
  const deviceRows = devices.flatMap(({ endpointId, name }) => {
    const peer = peers.find((each) => each.endpointId === endpointId);
    if (peer === undefined) return [];
    return [[shownName(name), bothWays(peer.traffic), today(peer.spentTodayBytes, budget?.peerBytesPerDay ?? null)]];
  });
  const dropped = `${total.droppedDatagrams} datagrams dropped`;
  return [
    headedTable(['Relay', 'Role', 'State', 'Round trip', 'Traffic'], relayRows, look),
    ...(deviceRows.length === 0 ? [] : [headedTable(['Device', 'Through relays', 'Budget'], deviceRows, look)]),
    `In all: ${bothWays(total)}, ${dropped}; ${today(spentTodayBytes, budget?.totalBytesPerDay ?? null)}.`,
  ].join('\n');
};

const bothWays = (count: TrafficCount | undefined): string =>
  `${byteCount(count?.sentBytes ?? 0)} sent, ${byteCount(count?.receivedBytes ?? 0)} received`;

const today = (spentBytes: number, limitBytes: number | null): string => {
  const spent = `${byteCount(spentBytes)} today`;
  if (limitBytes === null) return spent;
  return `${spent} of ${byteCount(limitBytes)}${spentBytes < limitBytes ? '' : ', only a trickle passes'}`;
};
