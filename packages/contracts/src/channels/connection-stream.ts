import type { ConnectionId, StreamId } from '../ids.ts';

/** Which stream of which connection, whatever carries it. */
export interface ConnectionStream {
  readonly connectionId: ConnectionId;
  readonly streamId: StreamId;
}
