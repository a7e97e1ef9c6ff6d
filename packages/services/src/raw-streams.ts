import { brandAs, type Clock, type ConnectionId, type StreamId } from '@bowline/contracts';
import { type RawStream, rawStream } from './raw-stream.ts';
import type { StreamTransport } from './stream-transport.ts';

/** The streams on one connection. */
export interface RawStreams {
  get(streamId: StreamId): RawStream | undefined;
  /** One that the other side opened. */
  incoming(connectionId: ConnectionId, streamId: StreamId): RawStream;
  /** One that is to be opened from here. */
  outgoing(connectionId: ConnectionId): RawStream;
  /** Their connection is gone. */
  lost(): void;
}

interface RawStreamsComponents {
  readonly transport: StreamTransport;
  readonly clock: Clock;
}

export const rawStreams = ({ transport, clock }: RawStreamsComponents): RawStreams => {
  const raws = new Map<StreamId, RawStream>();
  let opened = 0;

  const add = (connectionId: ConnectionId, streamId: StreamId): RawStream => {
    const raw = rawStream({ transport, clock, connectionId, streamId, onOver: () => raws.delete(streamId) });
    raws.set(streamId, raw);
    return raw;
  };

  return {
    get: (streamId) => raws.get(streamId),
    incoming: add,
    outgoing: (connectionId) => {
      opened += 1;
      return add(connectionId, brandAs<StreamId>(`out-${opened}`));
    },
    lost: () => {
      for (const raw of [...raws.values()]) raw.lost();
      raws.clear();
    },
  };
};
