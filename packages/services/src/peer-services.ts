import {
  brandAs,
  type Cancel,
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
  STREAMS_FEATURE,
  type StreamId,
} from '@bowline/contracts';
import {
  decodeStreamAnswer,
  decodeStreamHeader,
  encodeStreamHeader,
  STREAM_ID_BYTES,
  type StreamHeader,
  StreamProtocolError,
  type StreamRole,
} from '@bowline/stream-protocol';
import {
  PeerNotLinkedError,
  ServiceRefusedError,
  ServicesUnsupportedError,
  StreamExpiredError,
  StreamResetError,
  TooManyStreamsError,
  WaitCancelledError,
} from './errors.ts';
import { type KeptStream, keptStream } from './kept-stream.ts';
import type { ServicesOptions } from './options.ts';
import { type RawStream, type RawStreamOwner, rawStream } from './raw-stream.ts';
import type { ServiceAdmission } from './service-admission.ts';
import { waiters } from './waiters.ts';

/** Pause before a QUIC stream is tried again on a connection that stands. */
const RETRY_MS = 1_000;

/** How long a linked device may take to say that it knows streams: a round trip, on the slowest line. */
const FEATURES_WAIT_MS = 5_000;

/** How long a reset is kept to be said again, should its connection have gone with it. */
const RESET_KEPT_MS = 10_000;

/** The link is told of use at most so often. */
const USE_STEP_MS = 250;

/** What one device's services need of the actor. */
export interface PeerServicesComponents {
  readonly deviceId: DeviceId;
  readonly endpoint: ChannelClient<EndpointChannel>;
  readonly links: ChannelClient<LinksChannel>;
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
  /** The other side opened a QUIC stream on the connection of the link. */
  opened(streamId: StreamId): void;
  rawOf(streamId: StreamId): RawStream | undefined;

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

interface Kept {
  readonly stream: KeptStream;
  readonly wireId: string;
  /** Since when it has no QUIC stream, or was complete; monotonic. */
  sinceMs: number;
  isSettledTold: boolean;
  /** Opener: whether it has the other side's answer, or why not. */
  readonly answered: PromiseWithResolvers<void>;
}

/**
 * The streams of one paired device, over all connections of its link.
 *
 * Long because a stream, its place on the wire and the link it waits for change together: opening, being taken up again,
 * resetting and giving up read and write the same few tables. What one stream does by itself stands in `kept-stream.ts`.
 */
export const peerServices = (components: PeerServicesComponents): PeerServices => {
  const { deviceId, endpoint, links, clock, random, options, admission } = components;
  const logger = components.logger.child({ deviceId });
  const kept = new Map<string, Kept>();
  const raws = new Map<StreamId, RawStream>();
  const readiness = waiters();
  let link: { readonly connectionId: ConnectionId; knowsStreams: boolean | null } | null = null;
  let path: ConnectionPath | null = null;
  let opened = 0;
  let lastUseMs = Number.NEGATIVE_INFINITY;
  let lastHeardMs = Number.NEGATIVE_INFINITY;
  let cancelSweep: Cancel | null = null;
  let cancelFeatures: Cancel = () => undefined;
  const retries = new Set<Cancel>();

  const isSettled = ({ failure, machine }: KeptStream): boolean => failure !== null || machine.isComplete;
  const liveOf = (kind: StreamRole['kind'], service?: string): number =>
    [...kept.values()].filter(
      ({ stream }) =>
        stream.role.kind === kind && !isSettled(stream) && (service === undefined || stream.service === service),
    ).length;

  const noteBytes = (service: string, direction: 'sent' | 'received', count: number): void => {
    const nowMs = clock.monotonicMs();
    const isHeard = direction === 'received';
    if (isHeard ? nowMs - lastHeardMs >= USE_STEP_MS : nowMs - lastUseMs >= USE_STEP_MS) {
      lastUseMs = nowMs;
      if (isHeard) lastHeardMs = nowMs;
      links.request('noteUse', { deviceId, wasHeard: isHeard }).catch(() => undefined);
    }
    if (path?.kind === 'relay') admission.noteRelayed(service, count);
  };

  const newRaw = (connectionId: ConnectionId, streamId: StreamId): RawStream => {
    const raw = rawStream({ endpoint, clock, connectionId, streamId, onOver: () => raws.delete(streamId) });
    raws.set(streamId, raw);
    return raw;
  };
  const outgoingRaw = (connectionId: ConnectionId): RawStream => {
    opened += 1;
    return newRaw(connectionId, brandAs<StreamId>(`out-${opened}`));
  };

  const retryLater = (entry: Kept): void => {
    const cancel = clock.setTimer(
      RETRY_MS,
      () => {
        retries.delete(cancel);
        if (entry.stream.raw === null) attach(entry);
      },
      { unref: true },
    );
    retries.add(cancel);
  };

  /** Opener: puts a stream on the connection there is. */
  const attach = (entry: Kept): void => {
    const { stream } = entry;
    if (link?.knowsStreams !== true || stream.role.kind !== 'opener' || !kept.has(entry.wireId)) return;
    const { connectionId } = link;
    if (stream.failure !== null) {
      // Settles by itself.
      if (stream.machine.resetCode !== null) void sayReset(entry, connectionId, stream.machine.resetCode);
      return;
    }
    void stream.openOn(outgoingRaw(connectionId)).then((isOpen) => {
      if (isOpen || isSettled(stream)) return;
      stream.detach();
      if (link?.connectionId === connectionId) retryLater(entry);
    });
  };

  /** The other side has to hear of it, however many connections that takes. */
  const sayReset = async (entry: Kept, connectionId: ConnectionId, code: number): Promise<void> => {
    const { role } = entry.stream;
    if (role.kind !== 'opener') return;
    const raw = outgoingRaw(connectionId);
    raw.own({ ...NOBODY, onEnded: () => kept.delete(entry.wireId) });
    if (!(await raw.open(encodeStreamHeader({ kind: 'reset', streamId: role.streamId, code })))) return;
    raw.write(new Uint8Array(), true);
    raw.finish();
  };

  const keep = (entry: Kept): KeptStream => {
    kept.set(entry.wireId, entry);
    armSweep();
    return entry.stream;
  };

  const make = (
    wireId: string,
    streamId: ServiceStreamId,
    service: string,
    role: StreamRole,
    isResumable: boolean,
  ): Kept => {
    const answered = Promise.withResolvers<void>();
    // Nobody may be waiting any more.
    answered.promise.catch(() => undefined);
    const stream = keptStream({
      streamId,
      deviceId,
      service,
      role,
      isResumable,
      clock,
      options,
      listener: {
        onAccepted: () => answered.resolve(),
        onRefused: (reason) => stream.fail(new ServiceRefusedError(deviceId, service, reason)),
        onDetached: () => {
          entry.sinceMs = clock.monotonicMs();
          armSweep();
          if (role.kind === 'opener') retryLater(entry);
        },
        onOver: () => tidyEntry(entry),
        onBytes: (direction, count) => {
          noteBytes(service, direction, count);
          if (role.kind === 'acceptor' && path?.kind === 'relay') enforceOn(entry);
        },
      },
    });
    const entry: Kept = { stream, wireId, sinceMs: clock.monotonicMs(), isSettledTold: false, answered };
    return entry;
  };

  const tidyEntry = (entry: Kept): void => {
    const { stream, wireId, answered } = entry;
    if (!isSettled(stream)) return;
    if (stream.failure !== null) answered.reject(stream.failure);
    if (stream.isRead && !entry.isSettledTold) {
      entry.isSettledTold = true;
      components.onSettled(stream);
    }
    const mayBeAskedFor = stream.failure === null ? !stream.machine.isFinished : stream.machine.resetCode !== null;
    if (!mayBeAskedFor || !stream.isResumable) {
      if (entry.isSettledTold) kept.delete(wireId);
      return;
    }
    entry.sinceMs = clock.monotonicMs();
    armSweep();
    boundLingering();
  };

  /** The oldest of those that only wait to be asked for are forgotten first. */
  const boundLingering = (): void => {
    const lingering = [...kept.values()].filter((entry) => entry.isSettledTold);
    for (const entry of lingering.slice(0, Math.max(0, lingering.length - options.maxLingering))) {
      kept.delete(entry.wireId);
    }
  };

  const enforceOn = (entry: Kept): void => {
    const { stream } = entry;
    if (stream.role.kind !== 'acceptor' || isSettled(stream)) return;
    const refusal = admission.judgeOpen(deviceId, stream.service, path);
    if (refusal === null) return;
    logger.info({ service: stream.service, refusal }, 'stream of a service ended');
    stream.reset(RESET_CODES[refusal], 'us');
  };
  const enforce = (): void => {
    for (const entry of kept.values()) enforceOn(entry);
  };

  const armSweep = (): void => {
    cancelSweep ??= clock.setTimer(Math.max(1, Math.floor(options.contactTimeoutMs / 30)), sweep, { unref: true });
  };
  /** Gives up what has waited too long. */
  const sweep = (): void => {
    cancelSweep = null;
    const nowMs = clock.monotonicMs();
    for (const entry of [...kept.values()]) {
      const { stream, sinceMs, wireId } = entry;
      const waitedMs = nowMs - sinceMs;
      if (!isSettled(stream)) {
        if (stream.raw === null && waitedMs >= options.contactTimeoutMs) stream.fail(new StreamExpiredError(waitedMs));
        continue;
      }
      const isReset = stream.failure !== null && stream.role.kind === 'opener';
      const keptMs = isReset && link !== null ? RESET_KEPT_MS : options.contactTimeoutMs + options.lingerMs;
      if (entry.isSettledTold && waitedMs >= keptMs) kept.delete(wireId);
    }
    if (kept.size > 0) armSweep();
  };

  const answerOnce = (raw: RawStream, answer: Parameters<typeof encodeStreamHeader>[0] | null): void => {
    raw.own(null);
    if (answer === null) raw.write(new Uint8Array(), true);
    else raw.write(encodeStreamHeader(answer), true);
    raw.finish();
  };

  const onHeader = (raw: RawStream, header: StreamHeader): void => {
    if (header.kind === 'list') {
      const services = admission.listFor(deviceId).map((name) => ({ name }));
      answerOnce(raw, { kind: 'services', services });
      return;
    }
    const wireId = `theirs ${Buffer.from(header.streamId).toString('hex')}`;
    const known = kept.get(wireId);
    if (header.kind === 'reset') {
      known?.stream.reset(header.code, 'peer');
      if (known?.isSettledTold === true) kept.delete(wireId);
      answerOnce(raw, null);
      return;
    }
    if (known !== undefined) {
      known.stream.takeOn(raw, header);
      return;
    }
    if (header.kind === 'resume') {
      answerOnce(raw, { kind: 'refused', reason: 'gone' });
      return;
    }
    const { service, isResumable } = header;
    const isFull = liveOf('acceptor') >= options.maxStreamsPerDevice;
    const refusal = admission.judge(deviceId, service, path, liveOf('acceptor', service));
    if (refusal !== null || isFull) {
      const reason = refusal ?? 'too-many-streams';
      logger.info({ service, reason }, 'stream refused');
      answerOnce(raw, { kind: 'refused', reason });
      return;
    }
    const streamId = brandAs<ServiceStreamId>(Buffer.from(random.bytes(STREAM_ID_BYTES)).toString('hex'));
    const entry = make(wireId, streamId, service, { kind: 'acceptor' }, isResumable);
    components.onOpened(keep(entry));
    entry.stream.takeOn(raw, header);
  };

  const ready = async (signal: AbortSignal): Promise<ConnectionId> => {
    for (;;) {
      if (link?.knowsStreams === true) return link.connectionId;
      if (link?.knowsStreams === false) throw new ServicesUnsupportedError(deviceId);
      await readiness.wait(signal, 'open');
    }
  };

  const linkDown = (): void => {
    link = null;
    cancelFeatures();
    readiness.wake();
    for (const cancel of retries) cancel();
    retries.clear();
    for (const raw of [...raws.values()]) raw.lost();
    raws.clear();
    const nowMs = clock.monotonicMs();
    for (const entry of [...kept.values()]) {
      if (entry.stream.raw !== null) entry.sinceMs = nowMs;
      entry.stream.detach();
    }
    if (kept.size > 0) armSweep();
  };

  return {
    get connectionId() {
      return link?.connectionId ?? null;
    },
    linkUp: (connectionId, now) => {
      if (link !== null) linkDown();
      link = { connectionId, knowsStreams: null };
      path = now;
      cancelFeatures = clock.setTimer(
        FEATURES_WAIT_MS,
        () => {
          if (link === null || link.knowsStreams !== null) return;
          link.knowsStreams = false;
          readiness.wake();
        },
        { unref: true },
      );
    },
    linkDown,
    pathMoved: (now) => {
      path = now;
      if (now.kind === 'relay') enforce();
    },
    featuresTold: (connectionId, features) => {
      if (link?.connectionId !== connectionId) return;
      cancelFeatures();
      link.knowsStreams = features.includes(STREAMS_FEATURE);
      readiness.wake();
      for (const entry of [...kept.values()]) if (entry.stream.raw === null) attach(entry);
    },
    opened: (streamId) => {
      if (link === null) return;
      const raw = newRaw(link.connectionId, streamId);
      const cancel = clock.setTimer(options.headerTimeoutMs, () => raw.leave(), { unref: true });
      raw.own({
        ...NOBODY,
        onPart: (part, from) => {
          cancel();
          if (part.kind !== 'header') throw new StreamProtocolError('a stream begins with no header');
          onHeader(from, decodeStreamHeader(part.body));
        },
        onViolation: (_raw, error) => {
          cancel();
          logger.warn({ reason: error.message }, 'stream broke the protocol');
        },
        onLeft: cancel,
        onEnded: (from) => {
          cancel();
          from.leave();
        },
      });
    },
    rawOf: (streamId) => raws.get(streamId),

    create: ({ service, streamId, isResumable, first, isLast = false }) => {
      if (liveOf('opener') >= options.maxStreamsPerDevice) {
        throw new TooManyStreamsError(deviceId, options.maxStreamsPerDevice);
      }
      const id = random.bytes(STREAM_ID_BYTES);
      const role: StreamRole = { kind: 'opener', streamId: id, service, isResumable };
      const entry = make(`ours ${Buffer.from(id).toString('hex')}`, streamId, service, role, isResumable);
      if (first !== undefined) entry.stream.machine.write(first);
      if (isLast) entry.stream.machine.end();
      return keep(entry);
    },
    open: async (stream, signal) => {
      const entry = [...kept.values()].find((each) => each.stream === stream);
      if (entry === undefined) throw new WaitCancelledError('open');
      const aborted = Promise.withResolvers<never>();
      aborted.promise.catch(() => undefined);
      const onAbort = (): void => aborted.reject(new WaitCancelledError('open'));
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      try {
        // A stream that is to outlive connections may be tried on several before it is answered for.
        if (stream.raw === null) {
          await Promise.race([ready(signal), entry.answered.promise]);
          if (stream.raw === null) attach(entry);
        }
        await Promise.race([entry.answered.promise, aborted.promise]);
      } catch (error) {
        stream.reset(0, 'us');
        throw error;
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    list: async (signal) => {
      const raw = outgoingRaw(await ready(signal));
      const answer = Promise.withResolvers<readonly { readonly name: string }[]>();
      const lost = (): void => answer.reject(new PeerNotLinkedError(deviceId));
      raw.own({
        ...NOBODY,
        onPart: (part) => {
          if (part.kind !== 'header') throw new StreamProtocolError('a list is followed by something');
          const said = decodeStreamAnswer(part.body);
          if (said.kind !== 'services') throw new StreamProtocolError('a list is answered by something else');
          answer.resolve(said.services);
        },
        onViolation: (_raw, error) => answer.reject(error),
        onLeft: lost,
        onEnded: lost,
      });
      const onAbort = (): void => answer.reject(new WaitCancelledError('listServices'));
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        if (!(await raw.open(encodeStreamHeader({ kind: 'list' })))) throw new PeerNotLinkedError(deviceId);
        return await answer.promise;
      } finally {
        signal.removeEventListener('abort', onAbort);
        raw.own(null);
        raw.write(new Uint8Array(), true);
        raw.finish();
      }
    },
    sendDatagram: async (bytes, signal) => {
      // A link that is just up says within a round trip what the other side knows.
      while (link !== null && link.knowsStreams === null) await readiness.wait(signal, 'sendDatagram');
      if (link === null) throw new PeerNotLinkedError(deviceId);
      if (!link.knowsStreams) throw new ServicesUnsupportedError(deviceId);
      await endpoint.request('sendDatagram', { connectionId: link.connectionId, bytes });
    },
    enforce,
    tidy: (stream) => {
      const entry = [...kept.values()].find((each) => each.stream === stream);
      if (entry !== undefined) tidyEntry(entry);
    },
    *streams() {
      for (const { stream } of kept.values()) if (!isSettled(stream)) yield stream;
    },
    end: (error) => {
      for (const { stream } of [...kept.values()]) {
        if (error instanceof StreamResetError) stream.reset(0, 'us');
        else stream.fail(error);
      }
      linkDown();
      cancelSweep?.();
      cancelSweep = null;
      kept.clear();
      readiness.wake();
    },
  };
};

const NOBODY: RawStreamOwner = {
  onPart: () => undefined,
  onEnded: () => undefined,
  onLeft: () => undefined,
  onRoom: () => undefined,
  onViolation: () => undefined,
  onBytes: () => undefined,
};
