import {
  type AddressDiscoveryReport,
  assertNever,
  type ConnectionPath,
  type HostEvent,
  type HostStatus,
  type NatKind,
  type PathKind,
} from '@bowline/contracts';
import { byteCount } from './byte-count.ts';
import { table } from './table.ts';

/** "directly" or "through a relay". */
export const pathPhrase = (path: PathKind | null): string => {
  if (path === null) return 'on a path not known yet';
  return path === 'direct' ? 'directly' : 'through a relay';
};

const detailedPath = (path: ConnectionPath | null): string => {
  const rtt = path?.rttMs === null || path?.rttMs === undefined ? '' : `, ${path.rttMs} ms`;
  return `${pathPhrase(path?.kind ?? null)}${path?.remoteAddress ? ` (${path.remoteAddress}${rtt})` : ''}`;
};

/** What a NAT means for whoever wants to reach this device. */
const natPhrase = (nat: NatKind): string => {
  switch (nat) {
    case 'none':
      return 'this device has a public address';
    case 'endpoint-independent':
      return 'the router keeps one port for all: devices elsewhere can connect directly';
    case 'symmetric':
      return 'the router takes a port for every destination: devices elsewhere connect through relays';
    case 'unknown':
      return 'it is not known what stands between this device and the internet';
    default:
      return assertNever(nat);
  }
};

/** Whom iroh asks where this device is seen, and what came of it. */
export const discoverySentence = ({ relay, addresses }: AddressDiscoveryReport): string =>
  `iroh asks ${relay} for the public address: ${addresses.length === 0 ? 'nothing learnt yet' : addresses.join(', ')}`;

/** One event as one line for a person, whatever another device said in it. */
export const eventSentence = (event: HostEvent): string => sentenceOf(event).replaceAll('\n', '\\n');

/** The same without what a message says: that is for whoever asks for it, not for a log that is kept. */
export const discreetSentence = (event: HostEvent): string =>
  event.event === 'message.received' ? `message from ${event.fromName}` : eventSentence(event);

const sentenceOf = (event: HostEvent): string => {
  switch (event.event) {
    case 'pairing.stateChanged':
      return `pairing ${event.sessionId}: ${event.state}`;
    case 'pairing.peerProven':
      return `pairing ${event.sessionId}: "${event.peer.name}" has the code, this device shows ${event.authenticationString}`;
    case 'pairing.confirmationNeeded':
      return `pairing ${event.sessionId}: compare ${event.authenticationString} with "${event.peer.name}" and decide`;
    case 'pairing.completed':
      return `paired with ${event.device.name} (${event.device.id})${event.isRenewed ? ' anew' : ''} ${pathPhrase(event.path)} in ${event.elapsedMs} ms`;
    case 'pairing.failed':
      return `pairing failed: ${event.reason}`;
    case 'device.connected':
      return `${event.name} connected ${detailedPath(event.path)}`;
    case 'device.disconnected':
      return `${event.name} disconnected (${event.reason})`;
    case 'device.pathChanged':
      return `${event.name} now connected ${detailedPath(event.path)}`;
    case 'device.removed':
      return `${event.name} unpaired by ${event.by === 'us' ? 'this device' : 'the other device'}`;
    case 'device.renamed':
      return `${event.deviceId} is called ${event.name} now`;
    case 'message.received':
      return `${event.fromName}: ${event.text ?? `(${event.bytesBase64?.length ?? 0} characters of base64)`}`;
    case 'messages.heldBack':
      return heldBackSentence(event);
    case 'store.problemChanged':
      return event.problem === null ? 'the store stores again' : `${event.problem.reason}; ${event.problem.remedy}`;
    case 'relay.stateChanged':
      return `relay ${event.url} ${event.state}${event.downReason === null ? '' : ` (${event.downReason})`}`;
    case 'relay.homeChanged':
      return `home relay: ${event.homeRelayUrl ?? 'none'} (${event.reason})`;
    case 'relay.budgetCrossed': {
      const whose = event.device === null ? 'all devices together' : event.device;
      const share = event.level === 'limit' ? 'the whole' : 'four fifths of the';
      return `${whose} used ${share} relay budget of today (${byteCount(event.limitBytes)})`;
    }
    case 'network.observed':
      return `${natPhrase(event.nat)}${event.addresses.length === 0 ? '' : `: seen at ${event.addresses.join(', ')}`}`;
    case 'network.changed':
      return event.cause === 'wake' ? 'the machine woke up' : 'the network changed';
    case 'discovery.healthChanged':
      return `local network: ${event.problem ?? 'devices can be found'}`;
    case 'worker.stateChanged':
      return `worker ${event.name} ${event.state} (restarts: ${event.restarts})`;
    default:
      return assertNever(event);
  }
};

/** What a device does about messages it cannot take: said on both sides. */
const heldBackSentence = ({ name, by, reason }: Extract<HostEvent, { event: 'messages.heldBack' }>): string => {
  if (reason === null) return by === 'us' ? `messages of ${name} are taken again` : `${name} takes messages again`;
  const why = {
    inboxFull:
      by === 'us'
        ? 'as many as may wait here do, and nobody takes them: bowline messages --take, or run up with --messages journal'
        : 'as many as may wait there do, and nobody takes them',
    storeFull: by === 'us' ? "this device's disk is full: free some space" : "the other device's disk is full",
  }[reason];
  return by === 'us' ? `messages of ${name} are held back: ${why}` : `${name} takes no messages: ${why}`;
};

const milliseconds = (value: number | null): string => (value === null ? '–' : `${Math.round(value)} ms`);

/** The whole status as a page for a person. */
export const statusPage = ({ device, relays, network, store, inbox, peers, workers }: HostStatus): string => {
  const relayRows = relays.map(({ url, role, state, rttMs, downReason }) => [
    `  ${url}`,
    role,
    downReason === null ? state : `${state} (${downReason})`,
    milliseconds(rttMs),
  ]);
  const peerRows = peers.map(({ id, name, state, path, rttMs }) => [
    `  ${name}`,
    id,
    state,
    path ?? '–',
    milliseconds(rttMs),
  ]);
  const observedRows = network.observed.map(({ address, by, at }) => [`  ${address}`, `seen by ${by}`, at]);
  const workerRows = workers.map(({ name, placement, pid, state, restarts }) => [
    `  ${name}`,
    placement,
    pid === null ? '–' : String(pid),
    state,
    `${restarts} restarts`,
  ]);
  return [
    `${device.name}  ${device.id}`,
    `endpoint ${device.endpointId}`,
    '',
    relayRows.length === 0 ? 'Relays: none (local network only)' : `Relays\n${table(relayRows)}`,
    `Network: ${natPhrase(network.nat)}${observedRows.length === 0 ? '' : `\n${table(observedRows)}`}`,
    ...(network.addressDiscovery === null ? [] : [`  ${discoverySentence(network.addressDiscovery)}`]),
    ...(store.problem === null ? [] : [`Store: ${store.problem.reason}; ${store.problem.remedy}`]),
    ...(inbox.count === 0 ? [] : [`Messages: ${inbox.count} wait to be taken (${byteCount(inbox.bytes)})`]),
    peerRows.length === 0 ? 'Devices: none paired yet' : `Devices\n${table(peerRows)}`,
    `Workers\n${table(workerRows)}`,
  ].join('\n');
};
