import type { Cancel, Clock, ConnectionId } from '@bowline/contracts';
import { encodeStreamHeader } from '@bowline/stream-protocol';
import { NO_OWNER, type RawStream } from './raw-stream.ts';
import type { RawStreams } from './raw-streams.ts';
import type { StreamLink } from './stream-link.ts';
import { isSettled, type StreamEntry, type StreamTable } from './stream-table.ts';

/** Pause before a QUIC stream is tried again on a connection that stands. */
const RETRY_MS = 1_000;

/** Puts the streams that this device opened on the connection there is: at first, and again after each loss. */
export interface StreamOpener {
  attach(entry: StreamEntry): void;
  /** Puts one that has a connection on another one, and back on that of the link if that cannot be. */
  attachTo(entry: StreamEntry, raw: RawStream): void;
  /** The connection it was on is gone, while that of the link stands. */
  attachBack(entry: StreamEntry): void;
  /** The connection can be used from now on: all that wait for one. */
  attachAll(): void;
  /** Its QUIC stream could not be opened, or is gone, while the connection stands. */
  attachLater(entry: StreamEntry): void;
  /** The connection is gone, and with it every attempt to come. */
  linkDown(): void;
}

interface StreamOpenerComponents {
  readonly clock: Clock;
  readonly link: StreamLink;
  readonly table: StreamTable;
  readonly raws: RawStreams;
}

export const streamOpener = ({ clock, link, table, raws }: StreamOpenerComponents): StreamOpener => {
  const retries = new Set<Cancel>();

  const attachLater = (entry: StreamEntry): void => {
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

  /** The other side has to hear of it, however many connections that takes. */
  const sayReset = async (entry: StreamEntry, connectionId: ConnectionId, code: number): Promise<void> => {
    const { role } = entry.stream;
    if (role.kind !== 'opener') return;
    const raw = raws.outgoing(connectionId);
    raw.own({ ...NO_OWNER, onEnded: () => table.forget(entry.wireId) });
    if (!(await raw.open(encodeStreamHeader({ kind: 'reset', streamId: role.streamId, code })))) return;
    raw.write([], true);
    raw.finish();
  };

  const attach = (entry: StreamEntry): void => {
    const { stream, wireId } = entry;
    const connectionId = link.usableId;
    if (connectionId === null || stream.role.kind !== 'opener' || table.get(wireId) === undefined) return;
    if (stream.failure !== null) {
      // Settles by itself.
      if (stream.machine.resetCode !== null) void sayReset(entry, connectionId, stream.machine.resetCode);
      return;
    }
    void stream.openOn(raws.outgoing(connectionId)).then((isOpen) => {
      if (isOpen || isSettled(stream)) return;
      stream.detach();
      if (link.connectionId === connectionId) attachLater(entry);
    });
  };

  const attachBack = (entry: StreamEntry): void => {
    entry.stream.lose();
    table.noteWaiting(entry);
    attach(entry);
  };

  return {
    attach,
    attachTo: (entry, raw) => {
      void entry.stream.openOn(raw).then((isOpen) => {
        if (!isOpen && entry.stream.raw === raw && !isSettled(entry.stream)) attachBack(entry);
      });
    },
    attachBack,
    attachAll: () => {
      for (const entry of table.entries()) if (entry.stream.raw === null) attach(entry);
    },
    attachLater,
    linkDown: () => {
      for (const cancel of retries) cancel();
      retries.clear();
    },
  };
};
