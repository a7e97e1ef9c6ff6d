import {
  type CloseName,
  type DialCause,
  deviceIdOf,
  type EndpointChannel,
  type LinksChannel,
  type OutboxMessage,
  type PersistenceChannel,
  type ReconnectionSchedulerChannel,
  type RequestInput,
} from '@bowline/contracts';
import { decodeStreamHeader, encodeStreamHeader } from '@bowline/stream-protocol';
import { type Plant, plantOf } from './plant.ts';

/** How long the too early acknowledgement is early, milliseconds. */
const EARLY_MS = 2_000;

/** How late the end of a link is told, milliseconds. */
const LATE_MS = 300;

/** Connections that a careless relink leaves open. */
const LEFT_OPEN: readonly CloseName[] = ['superseded', 'duplicate', 'stale'];

/** Signs of life that are of this machine alone, which nobody else could make up for. */
const FORGOTTEN: readonly DialCause[] = ['relayBack', 'networkChange', 'wake', 'sighting'];

/** Of so many writings of streams one is made twice. */
const TWICE_EVERY = 8;
let writings = 0;

/** The length of a header comes before it, bytes. */
const HEADER_AT = 2;

/** What each store has listed last, and the names under which it was sent again. */
const listed = new WeakMap<object, readonly OutboxMessage[]>();
let sentAgain = 0;

/** Every planted bug. Another one is another element here. */
export const PLANTS: readonly Plant[] = [
  plantOf('nudge-forgotten', 'signs of life do not reach the scheduler', {
    answers: {
      'reconnection-scheduler.nudge': (ask, input: RequestInput<ReconnectionSchedulerChannel, 'nudge'>) =>
        FORGOTTEN.includes(input.cause) ? undefined : ask(input as never),
      'reconnection-scheduler.nudgeAll': (ask, input: RequestInput<ReconnectionSchedulerChannel, 'nudgeAll'>) =>
        FORGOTTEN.includes(input.cause) ? undefined : ask(input as never),
    },
  }),
  plantOf('generation-confused', 'the end of a link is told when the next one has begun', {
    tells: {
      'links.link.down': (tell, payload, { clock }) => {
        clock.setTimer(LATE_MS, () => tell(payload));
      },
    },
  }),
  plantOf('acknowledged-too-early', 'a message is acknowledged before it is stored', {
    answers: {
      'persistence.receiveMessage': (ask, input: RequestInput<PersistenceChannel, 'receiveMessage'>, { clock }) => {
        clock.setTimer(EARLY_MS, () => ask(input as never));
        return { outcome: 'stored', usage: { count: 1, sizeBytes: input.payload.length } };
      },
    },
  }),
  plantOf('both-links-kept', 'a relink leaves the connection open that it replaces', {
    answers: {
      'endpoint.close': (ask, input: RequestInput<EndpointChannel, 'close'>) =>
        LEFT_OPEN.includes(input.name) ? undefined : ask(input as never),
    },
  }),
  plantOf('loss-taken-for-goodbye', 'a device whose link broke is left alone as if it had said goodbye', {
    answers: {
      'reconnection-scheduler.setPeers': (ask, input: RequestInput<ReconnectionSchedulerChannel, 'setPeers'>) => {
        const peers = input.peers.map((peer) => (peer.link === 'down' ? { ...peer, link: 'away' as const } : peer));
        return ask({ ...input, peers } as never);
      },
    },
  }),
  plantOf('unpaired-stays-linked', 'unpairing forgets a device and leaves its link', {
    answers: {
      'links.setPeers': (ask, input: RequestInput<LinksChannel, 'setPeers'>) =>
        ask({ ...input, ...(input.scope === 'some' ? { gone: [] } : {}) } as never),
      'endpoint.setAdmitted': () => undefined,
    },
  }),
  plantOf('delivered-sent-again', 'a message that was delivered is sent again under another name', {
    answers: {
      'persistence.listOutbox': (ask, input, components) => {
        const answer = ask(input) as { readonly messages: readonly OutboxMessage[] };
        const delivered = answer.messages.length === 0 ? listed.get(components) : undefined;
        listed.set(components, answer.messages);
        if (delivered === undefined) return answer;
        sentAgain += 1;
        const messageId = sentAgain.toString(16).padStart(32, '0');
        return { messages: delivered.slice(0, 1).map((each) => ({ ...each, messageId })) };
      },
    },
  }),
  plantOf('acknowledgement-lost', 'what was stored is not acknowledged', {
    answers: { 'links.acknowledge': () => undefined },
  }),
  plantOf('sighting-unheard', 'a device that shows itself on the local network is not noticed', {
    tells: { 'discovery-mdns.device.sighted': () => undefined },
  }),
  plantOf('path-unheard', 'a path that has become direct, or is so no more, is not told', {
    tells: { 'endpoint.connection.pathChanged': () => undefined },
  }),
  plantOf('block-forgotten', 'a device that is blocked is told to be, and is not kept out', {
    answers: {
      'persistence.blockDevice': (
        _ask,
        { endpointId }: RequestInput<PersistenceChannel, 'blockDevice'>,
        { clock },
      ) => ({
        blocked: { id: deviceIdOf(endpointId), endpointId, name: null, blockedAtMs: clock.nowMs() },
      }),
      'endpoint.setBlocked': () => undefined,
    },
  }),
  plantOf('end-unheard', 'a link that has ended is not told', {
    tells: { 'links.link.down': () => undefined },
  }),
  plantOf('stream-position-confused', 'a stream goes on after a break one byte before where it was', {
    answers: {
      'endpoint.openStream': (ask, input: RequestInput<EndpointChannel, 'openStream'>) => {
        const { first } = input;
        const endAt = HEADER_AT + Buffer.from(first).readUInt16BE(0);
        const header = decodeStreamHeader(first.subarray(HEADER_AT, endAt));
        if (header.kind !== 'resume' || header.received === 0) return ask(input as never);
        const confused = encodeStreamHeader({ ...header, received: header.received - 1 });
        return ask({ ...input, first: Buffer.concat([confused, first.subarray(endAt)]) } as never);
      },
    },
  }),
  plantOf('stream-bytes-sent-again', 'bytes of a stream are sent again as if they were new', {
    answers: {
      'endpoint.writeStream': async (ask, input: RequestInput<EndpointChannel, 'writeStream'>) => {
        writings += 1;
        if (writings % TWICE_EVERY === 0) await ask({ ...input, isLast: false } as never);
        return ask(input as never);
      },
    },
  }),
  plantOf('stream-end-lost', 'the end of a stream is not said to the other device', {
    answers: { 'services.end': () => undefined },
  }),
];
