import {
  brandAs,
  type ChannelClient,
  type Clock,
  type ConnectionId,
  type ConnectionPath,
  type DeviceId,
  type EndpointChannel,
  type LinksChannel,
  type Logger,
  type OpenServiceInput,
  type Random,
  RESET_CODES,
  type ServiceStreamId,
  type StreamId,
  type TcpTransportChannel,
} from '@bowline/contracts';
import { STREAM_ID_BYTES, type StreamRole } from '@bowline/stream-protocol';
import { askServices } from './ask-services.ts';
import { ServiceRefusedError, StreamResetError, TooManyStreamsError, WaitCancelledError } from './errors.ts';
import { type KeptStream, type KeptStreamListener, keptStream } from './kept-stream.ts';
import type { ServicesOptions } from './options.ts';
import { pathOfStream } from './path-of-stream.ts';
import type { RawStream } from './raw-stream.ts';
import { type RawStreams, rawStreams } from './raw-streams.ts';
import { saidDoneStreams } from './said-done.ts';
import type { ServiceAdmission } from './service-admission.ts';
import { streamAcceptor } from './stream-acceptor.ts';
import { streamLink } from './stream-link.ts';
import { streamMover } from './stream-mover.ts';
import { streamOpener } from './stream-opener.ts';
import { isSettled, type StreamEntry, streamTable } from './stream-table.ts';
import { quicTransport, tcpStreams } from './stream-transport.ts';
import { useReport } from './use-report.ts';

/** What one device's services need of the actor. */
export interface PeerServicesComponents {
  readonly deviceId: DeviceId;
  readonly endpoint: ChannelClient<EndpointChannel>;
  readonly links: ChannelClient<LinksChannel>;
  readonly tcp: ChannelClient<TcpTransportChannel>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly options: ServicesOptions;
  readonly admission: ServiceAdmission;
  /** The other side opened a stream: it is known by its id from now on. */
  readonly onOpened: (stream: KeptStream) => void;
  /** A stream has failed, or is complete and read. */
  readonly onSettled: (stream: KeptStream) => void;
}

/** Everything about the streams of one paired device. */
export interface PeerServices {
  readonly connectionId: ConnectionId | null;
  linkUp(connectionId: ConnectionId, path: ConnectionPath | null): void;
  linkDown(): void;
  pathMoved(path: ConnectionPath): void;
  featuresTold(connectionId: ConnectionId, features: readonly string[]): void;
  /** There is a TCP connection beside that of the link. */
  tcpOpened(connectionId: ConnectionId): void;
  tcpClosed(connectionId: ConnectionId): void;
  /** The other side opened a stream on the connection of the link, or on a TCP connection. */
  opened(connectionId: ConnectionId, streamId: StreamId): void;
  rawOf(connectionId: ConnectionId, streamId: StreamId): RawStream | undefined;

  /** A new stream, not opened yet. @throws {@link TooManyStreamsError} */
  create(input: OpenServiceInput): KeptStream;
  /** Resolves when the other side has accepted it. */
  open(stream: KeptStream, signal: AbortSignal): Promise<void>;
  list(signal: AbortSignal): Promise<readonly { readonly name: string }[]>;
  sendDatagram(bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Looks again at who may use what. */
  enforce(): void;
  /** A stream may be over and read. */
  tidy(stream: KeptStream): void;
  streams(): Iterable<KeptStream>;
  /** Ends every stream. */
  end(error: Error): void;
}

/**
 * The streams of one paired device, over all connections of its link. Here its pieces meet: which connection there is
 * (`stream-link`), which streams there are (`stream-table`), who puts them on QUIC streams (`stream-opener`,
 * `stream-acceptor`), and what one stream does by itself (`kept-stream`).
 */
export const peerServices = (components: PeerServicesComponents): PeerServices => {
  const { deviceId, endpoint, links, tcp, clock, random, options, admission, onSettled } = components;
  const logger = components.logger.child({ deviceId });
  const link = streamLink(deviceId, clock);
  const table = streamTable({ clock, options, isLinked: () => link.connectionId !== null, onSettled });
  const raws = rawStreams({ transport: quicTransport(endpoint), clock });
  const tcpTransport = tcpStreams(tcp);
  const tcpRaws = new Map<ConnectionId, RawStreams>();
  const opener = streamOpener({ clock, link, table, raws });
  const rawsOn = (connectionId: ConnectionId): RawStreams | undefined =>
    connectionId === link.connectionId ? raws : tcpRaws.get(connectionId);
  const mover = streamMover({
    deviceId,
    tcp,
    clock,
    logger: components.logger,
    table,
    opener,
    rawsOf: (connectionId) => tcpRaws.get(connectionId),
    isLinked: () => link.usableId !== null,
  });
  const saidDone = saidDoneStreams({
    clock,
    mostStreams: options.maxStreamsPerDevice,
    expiryMs: options.contactTimeoutMs,
  });
  const sayDoneAgain = (): Promise<void> =>
    saidDone.sayAgain(() => (link.usableId === null ? null : raws.outgoing(link.usableId)));
  const reportUse = useReport(deviceId, links, clock);

  const enforceOn = ({ stream }: StreamEntry): void => {
    if (stream.role.kind !== 'acceptor' || isSettled(stream)) return;
    const refusal = admission.judgeOpen(deviceId, stream.service, pathOfStream(stream.raw, link));
    if (refusal === null) return;
    logger.info({ service: stream.service, refusal }, 'stream of a service ended');
    stream.reset(RESET_CODES[refusal], 'us');
  };
  const enforce = (): void => {
    for (const entry of table.entries()) enforceOn(entry);
  };

  const noteBytes = (entry: StreamEntry, direction: 'sent' | 'received', count: number): void => {
    // What comes over TCP says nothing of the connection of the link.
    if (entry.stream.raw?.transport === 'tcp') return;
    reportUse(direction);
    mover.noteBytes(entry);
    if (link.path?.kind !== 'relay') return;
    admission.noteRelayed(entry.stream.service, count);
    enforceOn(entry);
  };

  const addStream = (
    wireId: string,
    streamId: ServiceStreamId,
    service: string,
    role: StreamRole,
    isResumable: boolean,
    isLarge = false,
  ): StreamEntry => {
    const answered = Promise.withResolvers<void>();
    // Nobody may be waiting any more.
    answered.promise.catch(() => undefined);
    const listener = {
      onAccepted: () => {
        answered.resolve();
        mover.noteBytes(entry);
      },
      onRefused: (reason) => stream.fail(new ServiceRefusedError(deviceId, service, reason)),
      onDetached: () => {
        table.noteWaiting(entry);
        if (role.kind === 'opener') opener.attachLater(entry);
      },
      onFinished: (connectionId) => {
        const header = isResumable ? stream.machine.doneHeader() : null;
        if (header !== null) saidDone.add(header, connectionId);
      },
      onOver: () => table.tidy(entry),
      onBytes: (direction, count) => noteBytes(entry, direction, count),
    } satisfies KeptStreamListener;
    const stream = keptStream({ streamId, deviceId, service, role, isResumable, clock, options, listener });
    const sinceMs = clock.monotonicMs();
    const entry: StreamEntry = { stream, wireId, isLarge, sinceMs, isSettledTold: false, answered };
    table.add(entry);
    return entry;
  };

  const accept = streamAcceptor({
    deviceId,
    clock,
    logger,
    options,
    admission,
    link,
    table,
    addStream: (wireId, service, isResumable) => {
      const streamId = brandAs<ServiceStreamId>(Buffer.from(random.bytes(STREAM_ID_BYTES)).toString('hex'));
      const entry = addStream(wireId, streamId, service, { kind: 'acceptor' }, isResumable);
      components.onOpened(entry.stream);
      return entry;
    },
  });

  const linkDown = (): void => {
    link.down();
    opener.linkDown();
    mover.linkDown();
    saidDone.lost(null);
    raws.lost();
    for (const each of tcpRaws.values()) each.lost();
    tcpRaws.clear();
    for (const entry of table.entries()) {
      if (entry.stream.raw !== null) table.noteWaiting(entry);
      entry.stream.detach();
    }
  };

  return {
    get connectionId() {
      return link.connectionId;
    },
    linkUp: (connectionId, path) => {
      if (link.connectionId !== null) linkDown();
      link.up(connectionId, path);
    },
    linkDown,
    pathMoved: (path) => {
      link.pathMoved(path);
      if (path.kind === 'relay') enforce();
    },
    featuresTold: (connectionId, features) => {
      if (!link.featuresTold(connectionId, features)) return;
      opener.attachAll();
      void sayDoneAgain();
    },
    tcpOpened: (connectionId) => {
      // Its keys are of a link; what is left of an earlier one is closed at any moment.
      if (link.connectionId === null) return;
      tcpRaws.set(connectionId, rawStreams({ transport: tcpTransport, clock }));
      mover.opened(connectionId);
    },
    tcpClosed: (connectionId) => {
      const gone = tcpRaws.get(connectionId);
      if (gone === undefined) return;
      tcpRaws.delete(connectionId);
      gone.lost();
      for (const entry of table.entries()) {
        if (entry.stream.raw?.connectionId === connectionId) opener.attachBack(entry);
      }
      saidDone.lost(connectionId);
      void sayDoneAgain();
    },
    opened: (connectionId, streamId) => {
      const on = rawsOn(connectionId);
      if (on !== undefined) accept(on.incoming(connectionId, streamId));
    },
    rawOf: (connectionId, streamId) => rawsOn(connectionId)?.get(streamId),

    create: ({ service, streamId, isResumable, first, isLast = false, isLarge = false }) => {
      if (table.liveCount('opener') >= options.maxStreamsPerDevice) {
        throw new TooManyStreamsError(deviceId, options.maxStreamsPerDevice);
      }
      const id = random.bytes(STREAM_ID_BYTES);
      const role: StreamRole = { kind: 'opener', streamId: id, service, isResumable };
      const wireId = `ours ${Buffer.from(id).toString('hex')}`;
      const { stream } = addStream(wireId, streamId, service, role, isResumable, isLarge);
      if (first !== undefined) stream.machine.write(first);
      if (isLast) stream.machine.end();
      return stream;
    },
    open: async (stream, signal) => {
      const entry = table.entryOf(stream);
      if (entry === undefined) throw new WaitCancelledError('open');
      const aborted = Promise.withResolvers<never>();
      aborted.promise.catch(() => undefined);
      const onAbort = (): void => aborted.reject(new WaitCancelledError('open'));
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      try {
        // A stream that is to outlive connections may be tried on several before it is answered for.
        if (stream.raw === null) {
          await Promise.race([link.ready(signal), entry.answered.promise]);
          if (stream.raw === null) opener.attach(entry);
        }
        await Promise.race([entry.answered.promise, aborted.promise]);
      } catch (error) {
        stream.reset(0, 'us');
        throw error;
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    list: async (signal) => askServices(raws.outgoing(await link.ready(signal)), deviceId, signal),
    sendDatagram: async (bytes, signal) => {
      const connectionId = await link.current(signal, 'sendDatagram');
      await endpoint.request('sendDatagram', { connectionId, bytes });
    },
    enforce,
    tidy: (stream) => {
      const entry = table.entryOf(stream);
      if (entry !== undefined) table.tidy(entry);
    },
    *streams() {
      for (const { stream } of table.entries()) if (!isSettled(stream)) yield stream;
    },
    end: (error) => {
      for (const { stream } of table.entries()) {
        if (error instanceof StreamResetError) stream.reset(0, 'us');
        else stream.fail(error);
      }
      linkDown();
      table.clear();
      saidDone.clear();
    },
  };
};
