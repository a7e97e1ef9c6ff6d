import type { Clock, DeviceId, Logger } from '@bowline/contracts';
import {
  decodeStreamHeader,
  encodeStreamHeader,
  type StreamHeader,
  StreamProtocolError,
} from '@bowline/stream-protocol';
import type { ServicesOptions } from './options.ts';
import { pathOfStream } from './path-of-stream.ts';
import { NO_OWNER, type RawStream } from './raw-stream.ts';
import type { ServiceAdmission } from './service-admission.ts';
import type { StreamLink } from './stream-link.ts';
import type { StreamEntry, StreamTable } from './stream-table.ts';

interface StreamAcceptorComponents {
  readonly deviceId: DeviceId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: ServicesOptions;
  readonly admission: ServiceAdmission;
  readonly link: StreamLink;
  readonly table: StreamTable;
  /** Makes a stream that the other side opened, keeps it and tells of it. */
  readonly addStream: (wireId: string, service: string, isResumable: boolean) => StreamEntry;
}

/**
 * Reads the header of a QUIC stream that the other side opened, and does what it says: a new stream, one that goes on, a
 * reset, or the list of services. Whoever sends none in time, or breaks the protocol, is left.
 */
export const streamAcceptor = (components: StreamAcceptorComponents): ((raw: RawStream) => void) => {
  const { deviceId, clock, logger, options, admission, link, table, addStream } = components;

  const answerOnce = (raw: RawStream, answer: Parameters<typeof encodeStreamHeader>[0] | null): void => {
    raw.own(null);
    raw.write(answer === null ? [] : [encodeStreamHeader(answer)], true);
    raw.finish();
  };

  const open = (raw: RawStream, wireId: string, header: Extract<StreamHeader, { kind: 'open' }>): void => {
    const { service, isResumable } = header;
    const isFull = table.liveCount('acceptor') >= options.maxStreamsPerDevice;
    const refusal = admission.judge(deviceId, service, pathOfStream(raw, link), table.liveCount('acceptor', service));
    if (refusal !== null || isFull) {
      const reason = refusal ?? 'too-many-streams';
      logger.info({ service, reason }, 'stream refused');
      answerOnce(raw, { kind: 'refused', reason });
      return;
    }
    addStream(wireId, service, isResumable).stream.takeOn(raw, header);
  };

  const onHeader = (raw: RawStream, header: StreamHeader): void => {
    if (header.kind === 'list') {
      const services = admission.listFor(deviceId).map((name) => ({ name }));
      answerOnce(raw, { kind: 'services', services });
      return;
    }
    const wireId = `theirs ${Buffer.from(header.streamId).toString('hex')}`;
    const known = table.get(wireId);
    if (header.kind === 'reset') {
      known?.stream.reset(header.code, 'peer');
      if (known?.isSettledTold === true) table.forget(wireId);
      answerOnce(raw, null);
    } else if (known !== undefined) known.stream.takeOn(raw, header);
    else if (header.kind === 'resume') answerOnce(raw, { kind: 'refused', reason: 'gone' });
    else open(raw, wireId, header);
  };

  return (raw) => {
    const cancel = clock.setTimer(options.headerTimeoutMs, () => raw.leave(), { unref: true });
    raw.own({
      ...NO_OWNER,
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
      onLost: cancel,
      onEnded: (from) => {
        cancel();
        from.leave();
      },
    });
  };
};
