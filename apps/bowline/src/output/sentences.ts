import {
  type AddressDiscoveryReport,
  assertNever,
  type ConnectionPath,
  type HostEvent,
  type NatKind,
  type RouteReason,
} from '@bowline/contracts';
import { namePhrase } from '@bowline/diagnosis/phrases';
import { failureSentence } from '../pairing/failure-sentence.ts';
import { byteCount } from './byte-count.ts';
import { roundedMs } from './json-shapes.ts';
import { linkDownPhrase, pathPhrase, relayDownAdvice } from './phrases.ts';
import { shownName } from './shown-name.ts';

const detailedPath = (path: ConnectionPath | null): string => {
  const rttMs = roundedMs(path?.rttMs ?? null);
  const rtt = rttMs === null ? '' : `, ${rttMs} ms`;
  return `${pathPhrase(path?.kind ?? null)}${path?.remoteAddress ? ` (${path.remoteAddress}${rtt})` : ''}`;
};

/** What a NAT means for whoever wants to reach this device. */
export const natPhrase = (nat: NatKind): string => {
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

/** What a message says, or how large it is where it is no text. */
export const messageSentence = (from: string, text: string | null, sizeBytes: number): string =>
  `${shownName(from)}: ${text ?? `(${sizeBytes} bytes that are no text)`}`.replaceAll('\n', '\\n');

/** The same without what a message says: that is for whoever asks for it, not for a log that is kept. */
export const discreetSentence = (event: HostEvent): string =>
  event.event === 'message.received' ? `message from ${shownName(event.fromName)}` : eventSentence(event);

/** What a pairing session does, by its state in either role. */
export const PAIRING_STATES: Readonly<Record<string, string>> = {
  offering: 'the code is open',
  searching: 'looking for the other device',
  found: 'the other device was found',
  proving: 'the other device has the code',
  confirming: 'both sides decide',
  waitingForReturn: 'the connection broke, waiting for the other device to come back',
  storing: 'the other device is being stored',
  exchanging: 'both sides confirm',
  returning: 'the connection broke, looking for the other device again',
  recovering: 'finding out what the other device has stored',
  promoting: 'the last step',
  completed: 'done',
  failed: 'over without a pairing',
};

/** Why a device is reached through another relay. */
const ROUTE_REASONS: Readonly<Record<RouteReason, string>> = {
  first: 'it needed none before',
  relayDown: 'the relay before is not connected',
  peerMoved: 'it was heard there',
};

const sentenceOf = (event: HostEvent): string => {
  switch (event.event) {
    case 'pairing.stateChanged':
      return `pairing: ${PAIRING_STATES[event.state] ?? event.state}`;
    case 'pairing.peerProven':
      return `pairing: "${namePhrase(event.peer.name)}" has the code, this device shows ${event.authenticationString}`;
    case 'pairing.confirmationNeeded':
      return `pairing: compare ${event.authenticationString} with "${namePhrase(event.peer.name)}" and decide`;
    case 'pairing.completed':
      return `paired with ${shownName(event.device.name)} (${event.device.id})${event.isRenewed ? ' anew' : ''} ${pathPhrase(event.path)}`;
    case 'pairing.failed':
      return `pairing failed: ${failureSentence(event)}`;
    case 'device.connected':
      return `${shownName(event.name)} connected ${detailedPath(event.path)}`;
    case 'device.disconnected':
      return `${shownName(event.name)} disconnected: ${linkDownPhrase(event.reason)}`;
    case 'device.pathChanged':
      return `${shownName(event.name)} now connected ${detailedPath(event.path)}`;
    case 'device.routeChanged':
      return `${shownName(event.name)} is reached through ${event.relayUrl} now: ${ROUTE_REASONS[event.reason]}`;
    case 'connection.refused':
      return `a connection of ${event.endpointId ?? 'somebody'} was refused (${event.name})`;
    case 'journal.trimmed':
      return `the journal is full: entries up to ${event.upToPosition} are gone`;
    case 'device.removed':
      return `${shownName(event.name)} unpaired by ${event.by === 'us' ? 'this device' : 'the other device'}`;
    case 'device.renamed':
      return `${event.deviceId} is called ${shownName(event.name)} now`;
    case 'device.blocked':
      return `${event.name === null ? event.deviceId : shownName(event.name)} is blocked`;
    case 'device.cloned':
      return event.isCloned
        ? `${shownName(event.name)} runs twice, from copies of the same data: end one of the two; messages wait until then`
        : `${shownName(event.name)} runs once again`;
    case 'identity.restored':
      return (
        `this device runs from an older copy of its data: ${event.forgottenStarts} of its starts are forgotten, and what was ` +
        'paired, unpaired and received since then; it goes on from here'
      );
    case 'device.unblocked':
      return `${event.name === null ? event.deviceId : shownName(event.name)} is blocked no more`;
    case 'message.received':
      return messageSentence(event.fromName, event.text, event.bytes?.length ?? 0);
    case 'messages.heldBack':
      return heldBackSentence(event);
    case 'store.problemChanged':
      return event.problem === null ? 'the store stores again' : `${event.problem.reason}; ${event.problem.remedy}`;
    case 'relay.stateChanged':
      return `relay ${event.url} ${event.state}${event.downReason === null ? '' : `: ${relayDownAdvice(event.downReason)}`}`;
    case 'relay.homeChanged':
      return `home relay: ${event.homeRelayUrl ?? 'none'} (${event.reason})`;
    case 'relay.budgetCrossed': {
      const whose = event.name === null ? 'all devices together' : shownName(event.name);
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
      return `worker ${event.name} ${event.state} (restarts: ${event.restarts})${event.failure === null ? '' : `: ${event.failure.reason}`}`;
    default:
      return assertNever(event);
  }
};

/** What a device does about messages it cannot take: said on both sides. */
const heldBackSentence = ({ name: given, by, reason }: Extract<HostEvent, { event: 'messages.heldBack' }>): string => {
  const name = shownName(given);
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
