import { BowlineError, type ChannelHandlers, type DaemonChannel, type ServiceStreamId } from '@bowline/contracts';
import type { DeviceStream, Host } from '@bowline/host';

/** The streams that one client of the daemon has opened. */
export interface DaemonStreams {
  readonly handlers: Pick<
    ChannelHandlers<DaemonChannel>,
    'openStream' | 'readStream' | 'writeStream' | 'endStream' | 'resetStream'
  >;
  /** The client is gone: what it opened is reset. */
  readonly end: () => void;
}

interface OpenStream {
  readonly stream: DeviceStream;
  readonly reader: AsyncIterator<Uint8Array>;
}

export const daemonStreams = (host: Host): DaemonStreams => {
  const open = new Map<ServiceStreamId, OpenStream>();
  const gone = new AbortController();
  const find = (streamId: ServiceStreamId): OpenStream => {
    const found = open.get(streamId);
    if (found !== undefined) return found;
    throw new BowlineError({
      code: 'STREAM_CLOSED',
      message: 'The stream is closed; open another one if it is still wanted.',
    });
  };

  return {
    handlers: {
      openStream: async ({ device, service, streamId }, { signal }) => {
        const { id, endpointId, name } = host.findDevice(device);
        const stream = await host.device(id).open(service, { signal: AbortSignal.any([signal, gone.signal]) });
        if (gone.signal.aborted || open.has(streamId)) {
          stream.reset();
          throw new BowlineError({ code: 'STREAM_ID_IN_USE', message: 'Choose a fresh id for every stream.' });
        }
        open.set(streamId, { stream, reader: stream[Symbol.asyncIterator]() });
        return { device: { id, endpointId, name } };
      },
      readStream: async ({ streamId }) => {
        const { value, done } = await find(streamId).reader.next();
        return { bytes: done === true ? null : value };
      },
      writeStream: ({ streamId, bytes }) => find(streamId).stream.write(bytes),
      endStream: ({ streamId }) => find(streamId).stream.end(),
      resetStream: ({ streamId, code }) => {
        open.get(streamId)?.stream.reset(code);
        open.delete(streamId);
      },
    },
    end: () => {
      gone.abort();
      for (const { stream } of open.values()) stream.reset();
      open.clear();
    },
  };
};
