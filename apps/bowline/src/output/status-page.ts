import type { ByteCount, DeviceReport, HostStatus, TcpAbsence } from '@bowline/contracts';
import { byteCount } from './byte-count.ts';
import { keyPhrase, mdnsPhrase, openedPortPhrase, peerStateCell, relayStateCell, tcpReachPhrase } from './phrases.ts';
import { discoverySentence, natPhrase } from './sentences.ts';
import { shownName } from './shown-name.ts';
import { type Cell, table, toned } from './table.ts';
import { PLAIN_LOOK, type TerminalLook } from './terminal-look.ts';
import { relativeTime } from './times.ts';
import { visibleText } from './visible-text.ts';

/** What a page of the status is made for. */
export interface StatusView {
  readonly nowMs: number;
  readonly look?: TerminalLook;
  /** Whether the workers are shown, which matter to whoever looks for a fault in Bowline itself. */
  readonly isVerbose?: boolean;
}

/** What somebody may want to do something about; the rest is said where it is asked why. */
const NO_TCP: Readonly<Partial<Record<TcpAbsence, string>>> = {
  offThere: 'no TCP there',
  blocked: 'TCP blocked',
  lost: 'TCP broke',
};

/** How it is reached, and what its streams do over TCP beside that. */
const pathCell = (path: string, { tcp, tcpAbsence }: Pick<DeviceReport, 'tcp' | 'tcpAbsence'>): string => {
  if (tcp === null) return [path, tcpAbsence === null ? undefined : NO_TCP[tcpAbsence]].filter(Boolean).join(', ');
  return tcp.bytesPerSecond === 0 ? `${path}, and TCP` : `${path}, and TCP: ${byteCount(tcp.bytesPerSecond)}/s`;
};

const milliseconds = (value: number | null): string => (value === null ? '–' : `${Math.round(value)} ms`);

/** A table with its heads, two columns in from the edge. */
export const headedTable = (
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
  look: TerminalLook = PLAIN_LOOK,
): string => {
  const inner = look.columns === undefined ? look : { ...look, columns: look.columns - 2 };
  const headCells = heads.map((text): Cell => ({ text, tone: 'quiet' }));
  return table([headCells, ...rows], inner)
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
};

const bothWays = ({ sentBytes, receivedBytes }: ByteCount): string =>
  sentBytes + receivedBytes === 0 ? '–' : `${byteCount(sentBytes)} sent, ${byteCount(receivedBytes)} received`;

/** What went to and from each device; nothing where nothing did. */
const bytesLines = (peers: readonly DeviceReport[], nowMs: number, look: TerminalLook): readonly string[] => {
  const carrying = peers.filter(({ bytes: { direct, relayed } }) =>
    [direct, relayed].some(({ sentBytes, receivedBytes }) => sentBytes + receivedBytes > 0),
  );
  const [first] = carrying;
  if (first === undefined) return [];
  const rows = carrying.map(({ name, bytes: { direct, relayed } }) => [
    shownName(name),
    bothWays(direct),
    bothWays(relayed),
  ]);
  return [
    `Bytes since this device started, ${relativeTime(first.bytes.sinceMs, nowMs)}`,
    headedTable(['Device', 'Direct', 'Through relays'], rows, look),
  ];
};

/** Two observers stand beside a relay, and mostly see the same. */
const newestOfEach = (observed: HostStatus['network']['observed']): HostStatus['network']['observed'] => [
  ...new Map(observed.toSorted((a, b) => a.atMs - b.atMs).map((seen) => [`${seen.address} ${seen.by}`, seen])).values(),
];

/** The whole status as a page for a person; it may be drawn. */
export const statusPage = (status: HostStatus, { nowMs, look = PLAIN_LOOK, isVerbose = false }: StatusView): string => {
  const { device, relays, homeReason, network, store, inbox, peers, workers } = status;
  const home = relays.find(({ role }) => role === 'home');
  const relayRows = relays.map((relay) => [relay.url, relay.role, relayStateCell(relay), milliseconds(relay.rttMs)]);
  const peerRows = peers.map(({ id, name, state, path, relay, rttMs, sinceMs, ...streams }) => [
    shownName(name),
    id,
    peerStateCell(state),
    pathCell(path === 'relay' && relay !== null ? `relay ${relay}` : (path ?? '–'), streams),
    milliseconds(rttMs),
    sinceMs === null ? 'not since this start' : relativeTime(sinceMs, nowMs),
  ]);
  const observedRows = newestOfEach(network.observed).map(({ address, by, atMs }) => [
    address,
    by,
    relativeTime(atMs, nowMs),
  ]);
  // A daemon of the release before does not say.
  const isOnNetwork = network.families?.length !== 0;
  const workerRows = workers.map(({ name, placement, pid, state, restarts }) => [
    name,
    placement,
    pid === null ? '–' : String(pid),
    { text: state, tone: state === 'started' ? 'good' : 'busy' } as const,
    String(restarts),
  ]);
  const names = new Map(peers.map(({ id, name }) => [id as string, shownName(name)]));
  const observed = observedRows.map(([address = '', by = '', when = '']) => [address, names.get(by) ?? by, when]);
  const asked =
    network.addressDiscovery === null ? [] : [visibleText(`  ${discoverySentence(network.addressDiscovery)}`)];
  return [
    `${visibleText(shownName(device.name))}  ${toned(device.id, 'quiet', look)}`,
    toned(`endpoint ${device.endpointId}`, 'quiet', look),
    '',
    peerRows.length === 0
      ? 'Devices: none paired yet; start with: bowline pair'
      : `Devices\n${headedTable(['Name', 'Id', 'State', 'Path', 'Round trip', 'Since'], peerRows, look)}`,
    ...bytesLines(peers, nowMs, look),
    relayRows.length === 0
      ? 'Relays: none (local network only)'
      : `Relays\n${headedTable(['Relay', 'Role', 'State', 'Round trip'], relayRows, look)}`,
    // A home that is lost is still one for a moment, and the reason is not.
    ...(home?.state !== 'connected' || homeReason === null
      ? []
      : [visibleText(`  Why ${home.url} is home: ${homeReason}`)]),
    `Store: its key is ${keyPhrase(store.key)}`,
    ...(store.problem === null ? [] : [visibleText(`Store: ${store.problem.reason}; ${store.problem.remedy}`)]),
    ...(inbox.count === 0 ? [] : [`Messages: ${inbox.count} wait to be taken (${byteCount(inbox.bytes)})`]),
    `Network: ${isOnNetwork ? natPhrase(network.nat) : 'this device is on no network'}`,
    ...(observed.length === 0 ? [] : [headedTable(['Seen at', 'By', 'When'], observed, look)]),
    ...asked,
    ...(isOnNetwork ? [visibleText(`Local network: ${mdnsPhrase(network.mdns)}`)] : []),
    `Large streams: ${tcpReachPhrase(network.tcp)}`,
    ...(network.openedPort === null ? [] : [visibleText(`Router: ${openedPortPhrase(network.openedPort)}`)]),
    ...(isVerbose
      ? [`Workers\n${headedTable(['Name', 'Runs in', 'Process', 'State', 'Restarts'], workerRows, look)}`]
      : []),
  ].join('\n');
};
