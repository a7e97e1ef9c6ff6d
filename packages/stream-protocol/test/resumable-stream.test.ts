import { describe, expect, it } from 'vitest';
import { INITIAL_LIMIT_BYTES, MAX_DATA_BYTES, type ResumableStream, resumableStream } from '../src/index.ts';

const LIMITS = { windowBytes: 100_000, bufferBytes: 10, mostBytes: 180_000 };

const opened = (): { opener: ResumableStream; acceptor: ResumableStream } => {
  const role = { kind: 'opener', streamId: new Uint8Array(16), service: 'x', isResumable: true } as const;
  const [opener, acceptor] = [resumableStream(role, LIMITS), resumableStream({ kind: 'acceptor' }, LIMITS)];
  acceptor.accept(opener.opening() as never);
  return { opener, acceptor };
};

const sizeOfNext = (stream: ResumableStream): number => {
  const frame = stream.next(MAX_DATA_BYTES);
  return frame?.kind === 'data' ? frame.bytes.length : 0;
};

describe('a stream', () => {
  it('sends no more than the other side takes, and goes on when something was read there', () => {
    const { opener, acceptor } = opened();
    opener.write(new Uint8Array(200_000));
    let sent = 0;
    for (let size = sizeOfNext(opener); size > 0; size = sizeOfNext(opener)) {
      sent += size;
      acceptor.receive({ kind: 'data', bytes: new Uint8Array(size) });
    }
    expect(sent).toBe(INITIAL_LIMIT_BYTES);
    opener.answered({ kind: 'accepted', received: 0, limit: 100_000 });
    for (let size = sizeOfNext(opener); size > 0; size = sizeOfNext(opener)) {
      sent += size;
      acceptor.receive({ kind: 'data', bytes: new Uint8Array(size) });
    }
    expect(sent).toBe(100_000);
    expect(acceptor.urgency).toBe('now');
    acceptor.read();
    opener.receive(acceptor.next(1) as never);
    expect(sizeOfNext(opener)).toBe(MAX_DATA_BYTES);
  });

  it('lets more be under way the more was read, up to a bound, and no more where nobody reads', () => {
    const { opener, acceptor } = opened();
    opener.answered({ kind: 'accepted', received: 0, limit: 100_000 });
    /** Sends all that the other side takes; answers how far beyond what was read that goes. */
    const fill = (): number => {
      for (let size = sizeOfNext(opener); size > 0; size = sizeOfNext(opener)) {
        acceptor.receive({ kind: 'data', bytes: new Uint8Array(size) });
      }
      return acceptor.waitingBytes;
    };
    const readAll = (): void => {
      while (acceptor.read() !== null);
      opener.receive(acceptor.next(1) as never);
    };
    opener.write(new Uint8Array(1_000_000));
    expect(fill()).toBe(100_000);
    expect(opener.canWrite).toBe(false);
    readAll();
    expect(fill()).toBe(150_000);
    readAll();
    expect(fill()).toBe(180_000);
    readAll();
    expect(fill()).toBe(180_000);
    expect(opener.readyBytes).toBe(0);
  });

  it('has nothing more to say where it accepted once both ends are said and told, whatever is read later', () => {
    const { opener, acceptor } = opened();
    opener.write(new Uint8Array(60_000));
    opener.end();
    for (let frame = opener.next(MAX_DATA_BYTES); frame !== null; frame = opener.next(MAX_DATA_BYTES)) {
      acceptor.receive(frame);
    }
    expect(acceptor.next(MAX_DATA_BYTES)).toMatchObject({ kind: 'ack', received: 60_001 });
    expect(acceptor.hasSaidAll).toBe(false);
    acceptor.end();
    expect(acceptor.next(MAX_DATA_BYTES)).toEqual({ kind: 'end' });
    expect(acceptor.hasSaidAll).toBe(true);
    acceptor.read();
    expect(acceptor.urgency).toBe('none');
    expect(acceptor.next(MAX_DATA_BYTES)).toBeNull();
    acceptor.detach();
    expect(acceptor.hasSaidAll).toBe(false);
  });

  it('takes no bytes beyond what it allowed', () => {
    const { acceptor } = opened();
    expect(() => acceptor.receive({ kind: 'data', bytes: new Uint8Array(100_001) })).toThrowError(
      expect.objectContaining({ code: 'STREAM_PROTOCOL_ERROR' }),
    );
  });

  it.each([
    ['acknowledges what was never sent', { kind: 'ack', received: 3, limit: 100 }],
    ['is done before anything has ended', { kind: 'done' }],
  ] as const)('refuses a side that %s', (_what, frame) => {
    const { acceptor } = opened();
    acceptor.write(Uint8Array.of(1, 2));
    acceptor.next(100);
    expect(() => acceptor.receive(frame)).toThrowError(expect.objectContaining({ code: 'STREAM_PROTOCOL_ERROR' }));
  });

  it('refuses what follows the end', () => {
    const { acceptor } = opened();
    acceptor.receive({ kind: 'end' });
    expect(() => acceptor.receive({ kind: 'data', bytes: Uint8Array.of(1) })).toThrowError(
      expect.objectContaining({ code: 'STREAM_PROTOCOL_ERROR' }),
    );
  });

  it('asks its writer to wait while too much is unacknowledged', () => {
    const { opener } = opened();
    opener.write(new Uint8Array(9));
    expect(opener.canWrite).toBe(true);
    opener.write(new Uint8Array(1));
    expect(opener.canWrite).toBe(false);
    opener.next(100);
    opener.next(100);
    opener.answered({ kind: 'accepted', received: 10, limit: 100_000 });
    expect(opener.canWrite).toBe(true);
  });

  it.each(['answer', 'acknowledgement'])('takes the %s of what was under way when it was reset', (kind) => {
    const { opener } = opened();
    opener.write(new Uint8Array(7));
    opener.next(100);
    if (kind === 'acknowledgement') opener.answered({ kind: 'accepted', received: 0, limit: 100_000 });
    opener.reset(3);
    if (kind === 'answer') opener.answered({ kind: 'accepted', received: 7, limit: 100_000 });
    else opener.receive({ kind: 'ack', received: 7, limit: 100_000 });
    expect([opener.resetCode, opener.next(100)]).toEqual([3, null]);
  });

  it('answers an older connection than the one it is on with nothing', () => {
    const { opener, acceptor } = opened();
    const second = opener.opening();
    const third = opener.opening();
    expect(acceptor.accept(third as never)).toMatchObject({ kind: 'accepted' });
    expect(acceptor.accept(second as never)).toBe(null);
  });
});
