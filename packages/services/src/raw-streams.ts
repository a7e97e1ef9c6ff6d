import {
  brandAs,
  type ChannelClient,
  type Clock,
  type ConnectionId,
  type EndpointChannel,
  type StreamId,
} from '@bowline/contracts';
import { type RawStream, rawStream } from './raw-stream.ts';

/** The QUIC streams with one device, on the connection there is. */
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
  readonly endpoint: ChannelClient<EndpointChannel>;
  readonly clock: Clock;
}

export const rawStreams = ({ endpoint, clock }: RawStreamsComponents): RawStreams => {
  const raws = new Map<StreamId, RawStream>();
  let opened = 0;

  const add = (connectionId: ConnectionId, streamId: StreamId): RawStream => {
    const raw = rawStream({ endpoint, clock, connectionId, streamId, onOver: () => raws.delete(streamId) });
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
