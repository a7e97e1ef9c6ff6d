import { CLOSE_CODES, type CloseName, closeNameOf } from '@bowline/contracts';
import type { BiStream, Connection } from '@number0/iroh/index.js';

/** How a connection ended: a name of ours, or what iroh says. */
export type RawEnd = CloseName | 'closed here' | 'timed out' | (string & {});

/** One connection of an attacker, with nothing between it and iroh but this. */
export interface RawConnection {
  readonly native: Connection;
  readonly remoteEndpointId: string;
  /** Settles once the connection has ended, whoever ended it. */
  readonly ended: Promise<RawEnd>;
  /** Bytes on the stream as they are. What cannot be written any more is dropped. */
  write(bytes: Uint8Array): Promise<void>;
  /** The same with a length in front. */
  send(frame: Uint8Array): Promise<void>;
  /** The next whole frame; `null` once the connection has ended, or when none came in time. */
  nextFrame(timeoutMs: number): Promise<Uint8Array | null>;
  /** Frames that arrived and were not taken. */
  readonly frameCount: number;
  close(name: CloseName): void;
}

const READ_BYTES = 65_536;
const HEADER_BYTES = 4;

/** A frame as it stands on the stream. */
export const framed = (frame: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(HEADER_BYTES + frame.length);
  new DataView(bytes.buffer).setUint32(0, frame.length);
  bytes.set(frame, HEADER_BYTES);
  return bytes;
};

/** @param isIncoming the other side opens the stream */
export const rawConnection = (
  native: Connection,
  isIncoming: boolean,
  hear: (bytes: Uint8Array) => void,
): RawConnection => {
  const frames: Uint8Array[] = [];
  const waiting = new Set<() => void>();
  let unread = Buffer.alloc(0);
  let stream: Promise<BiStream> | null = null;
  let isOver = false;

  const wake = (): void => {
    for (const check of [...waiting]) check();
  };

  const take = (chunk: Uint8Array): void => {
    hear(chunk);
    unread = Buffer.concat([unread, chunk]);
    while (unread.length >= HEADER_BYTES && unread.length >= HEADER_BYTES + unread.readUInt32BE(0)) {
      const end = HEADER_BYTES + unread.readUInt32BE(0);
      frames.push(new Uint8Array(unread.subarray(HEADER_BYTES, end)));
      unread = unread.subarray(end);
    }
    wake();
  };

  const read = async ({ recv }: BiStream): Promise<void> => {
    for (;;) {
      const chunk = await recv.read(READ_BYTES);
      if (chunk.length === 0) return;
      take(Uint8Array.from(chunk));
    }
  };

  const open = (): Promise<BiStream> => {
    stream ??= (isIncoming ? native.acceptBi() : native.openBi()).then((opened) => {
      read(opened).catch(() => undefined);
      return opened;
    });
    return stream;
  };
  // The end of the connection is told by `ended`.
  if (isIncoming) open().catch(() => undefined);

  const noteEnd = (said: unknown): RawEnd => {
    hear(Buffer.from(String(said)));
    isOver = true;
    wake();
    return endOf(String(said));
  };
  const ended = native.closed().then(noteEnd, noteEnd);

  const write = async (bytes: Uint8Array): Promise<void> => {
    try {
      await (await open()).send.writeAll([...bytes]);
    } catch (error) {
      if (native.closeReason() === null) throw error;
    }
  };

  return {
    native,
    remoteEndpointId: native.remoteId().toString(),
    ended,
    write,
    send: (frame) => write(framed(frame)),
    nextFrame: (timeoutMs) =>
      new Promise((resolve) => {
        const settle = (frame: Uint8Array | null): void => {
          clearTimeout(timer);
          waiting.delete(check);
          resolve(frame);
        };
        const check = (): void => {
          const frame = frames.shift();
          if (frame !== undefined || isOver) settle(frame ?? null);
        };
        const timer = setTimeout(() => settle(null), timeoutMs);
        waiting.add(check);
        check();
      }),
    get frameCount() {
      return frames.length;
    },
    close: (name) => native.close(BigInt(CLOSE_CODES[name]), []),
  };
};

const endOf = (text: string): RawEnd => {
  if (text === 'closed') return 'closed here';
  const byPeer = /^closed by peer: (?:([0-9]+)|[\s\S]* \(code ([0-9]+)\))$/.exec(text);
  return byPeer === null ? text : (closeNameOf(Number(byPeer[1] ?? byPeer[2])) ?? text);
};
