import {
  brandAs,
  type ConnectionId,
  STREAM_INITIAL_CREDIT_BYTES,
  STREAM_LEFT_CODE,
  type StreamId,
} from '@bowline/contracts';
import { describe, expect, test } from 'vitest';
import { type EndpointStage, OPEN, STREAMS, type StagedDevice } from './endpoint-stage.ts';

const A = brandAs<StreamId>('a');

/** What every endpoint actor owes its callers about streams of bytes and datagrams. @param stage of the running test. */
export const endpointStreamConformance = (stage: () => EndpointStage): void => {
  describe('streams', () => {
    const connect = () => stage().connect({ alpn: STREAMS.alpn });
    const write = (
      side: StagedDevice,
      connectionId: ConnectionId,
      streamId: StreamId,
      bytes: Uint8Array,
      isLast = false,
    ): Promise<void> => stage().until(side.client.request('writeStream', { connectionId, streamId, bytes, isLast }));
    const leave = (side: StagedDevice, connectionId: ConnectionId, streamId: StreamId, code: number): Promise<void> =>
      stage().until(side.client.request('leaveStream', { connectionId, streamId, code }));
    const nextLeft = (side: StagedDevice, streamId: StreamId) =>
      stage().until(side.recorder.next('stream.left', (left) => left.streamId === streamId));
    const nextEnded = (side: StagedDevice, streamId: StreamId) =>
      stage().until(side.recorder.next('stream.ended', (ended) => ended.streamId === streamId));

    /** As many as the other side allows; their names. */
    const openAll = async (ids: {
      readonly here: ConnectionId;
      readonly there: ConnectionId;
    }): Promise<readonly StreamId[]> => {
      const names = Array.from({ length: STREAMS.maxStreams ?? 0 }, (_, index) => brandAs<StreamId>(`n${index}`));
      for (const name of names) await stage().openStream(ids, name);
      return names;
    };

    test('carry bytes in both directions, in order, and end each direction on its own', async () => {
      const ids = await connect();
      const stream = await stage().openStream(ids, A, Uint8Array.of(1, 2));
      await write(stage().near, ids.here, stream.here, Uint8Array.of(3), true);
      await nextEnded(stage().far, stream.there);
      expect([...stage().bytesOf(stage().far, stream.there)]).toEqual([1, 2, 3]);
      await write(stage().far, ids.there, stream.there, Uint8Array.of(9, 8));
      await write(stage().far, ids.there, stream.there, new Uint8Array(), true);
      await nextEnded(stage().near, stream.here);
      expect([...stage().bytesOf(stage().near, stream.here)]).toEqual([9, 8]);
      await expect(write(stage().near, ids.here, stream.here, Uint8Array.of(1))).rejects.toMatchObject({
        code: 'STREAM_CLOSED',
      });
    });

    test('are opened by either side of a connection', async () => {
      const ids = await connect();
      const first = Uint8Array.of(5);
      // The accepting side of the connection opens.
      await stage().until(stage().far.client.request('openStream', { connectionId: ids.there, streamId: A, first }));
      const opened = await stage().until(stage().near.recorder.next('stream.opened'));
      expect(opened.connectionId).toBe(ids.here);
      expect([...(await stage().received(stage().near, opened.streamId, 1))]).toEqual([5]);
    });

    test('do not mix with frames, nor with each other', async () => {
      const ids = await connect();
      const one = await stage().openStream(ids, A, Uint8Array.of(1));
      const two = await stage().openStream(ids, brandAs<StreamId>('b'), Uint8Array.of(2));
      await stage().send(stage().near, ids.here, Uint8Array.of(7));
      expect([...(await stage().nthFrame(stage().far, ids.there, 0))]).toEqual([7]);
      expect([...(await stage().received(stage().far, two.there, 1))]).toEqual([2]);
      expect([...(await stage().received(stage().far, one.there, 1))]).toEqual([1]);
    });

    test('tell no more bytes than were allowed', async () => {
      const ids = await connect();
      const stream = await stage().openStream(ids, A, new Uint8Array(1));
      const pieces = Math.ceil(STREAM_INITIAL_CREDIT_BYTES / 65_536) + 1;
      for (let piece = 0; piece < pieces; piece += 1) {
        await write(stage().near, ids.here, stream.here, new Uint8Array(65_536).fill(piece));
      }
      await stage().received(stage().far, stream.there, STREAM_INITIAL_CREDIT_BYTES);
      // A frame written after them has come, so whatever could come has come.
      await stage().send(stage().near, ids.here, Uint8Array.of(1));
      await stage().nthFrame(stage().far, ids.there, 0);
      expect(stage().bytesOf(stage().far, stream.there)).toHaveLength(STREAM_INITIAL_CREDIT_BYTES);
      const more = { connectionId: ids.there, streamId: stream.there, bytes: 100_000 };
      await stage().until(stage().far.client.request('allowStream', more));
      const all = 1 + pieces * 65_536;
      expect(await stage().received(stage().far, stream.there, all)).toHaveLength(all);
    });

    test('make a writer wait whose reader allows nothing more, and end for both when it is left', async () => {
      const ids = await connect();
      const stream = await stage().openStream(ids, A, new Uint8Array(1));
      const writes: Promise<unknown>[] = [];
      let isFull = false;
      // More than any buffer on the way holds.
      for (let piece = 0; piece < 400 && !isFull; piece += 1) {
        const input = { connectionId: ids.here, streamId: A, bytes: new Uint8Array(65_536), isLast: false };
        const written = stage().near.client.request('writeStream', input);
        writes.push(written.catch((error: unknown) => error));
        if (writes.length % 4 !== 0) continue;
        isFull = !(await Promise.race([
          written.then(() => true),
          stage()
            .pause()
            .then(() => false),
        ]));
      }
      expect(isFull).toBe(true);
      await leave(stage().far, ids.there, stream.there, 6);
      expect((await nextLeft(stage().near, stream.here)).code).toBe(6);
      // What was under way is taken or not; no write is left waiting.
      await stage().until(Promise.all(writes));
      await expect(write(stage().near, ids.here, A, Uint8Array.of(1))).rejects.toMatchObject({ code: 'STREAM_CLOSED' });
      await stage().openStream(ids, brandAs<StreamId>('b'));
    });

    test('left by one side are over for both, with its code', async () => {
      const ids = await connect();
      const stream = await stage().openStream(ids, A);
      await leave(stage().near, ids.here, stream.here, 4_294_967_295);
      expect((await nextLeft(stage().far, stream.there)).code).toBe(4_294_967_295);
      await expect(write(stage().far, ids.there, stream.there, Uint8Array.of(1))).rejects.toMatchObject({
        code: 'STREAM_CLOSED',
      });
      const other = await stage().openStream(ids, brandAs<StreamId>('b'));
      await leave(stage().far, ids.there, other.there, STREAM_LEFT_CODE);
      expect((await nextLeft(stage().near, other.here)).code).toBe(STREAM_LEFT_CODE);
    });

    test('beyond what the other side allows wait until one is over', async () => {
      const ids = await connect();
      const open = await openAll(ids);
      const oneMore = stage().openStream(ids, A);
      // QUIC tells of what is free again in lots of an eighth.
      for (const streamId of open.slice(0, 32)) await leave(stage().near, ids.here, streamId, 1);
      expect((await oneMore).here).toBe(A);
    });

    test('beyond what the other side allows can be given up', async () => {
      const ids = await connect();
      await openAll(ids);
      const waiting = new AbortController();
      const input = { connectionId: ids.here, streamId: A, first: Uint8Array.of(1) };
      const oneMore = stage().near.client.request('openStream', input, { signal: waiting.signal });
      oneMore.catch(() => undefined);
      await stage().pause();
      waiting.abort();
      await expect(stage().until(oneMore)).rejects.toMatchObject({ code: 'CHANNEL_CANCELLED' });
    });

    test('end with their connection, which alone is told', async () => {
      const ids = await connect();
      const stream = await stage().openStream(ids, A);
      const close = { connectionId: ids.here, name: 'done', reason: '' } as const;
      await stage().until(stage().near.client.request('close', close));
      await stage().closeOf(stage().far, ids.there);
      expect(stage().far.recorder.of('stream.left')).toEqual([]);
      expect(stage().far.recorder.of('stream.ended')).toEqual([]);
      await expect(write(stage().far, ids.there, stream.there, Uint8Array.of(1))).rejects.toMatchObject({
        code: 'CONNECTION_CLOSED',
      });
    });

    test('have ids of their own, and chunks within their bounds', async () => {
      const ids = await connect();
      await stage().openStream(ids, A);
      const open = (streamId: string, first: Uint8Array) =>
        stage().until(
          stage().near.client.request('openStream', {
            connectionId: ids.here,
            streamId: brandAs<StreamId>(streamId),
            first,
          }),
        );
      await expect(open('a', Uint8Array.of(1))).rejects.toMatchObject({ code: 'STREAM_ID_IN_USE' });
      await expect(open('b', new Uint8Array())).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(open('b', new Uint8Array(65_537))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(write(stage().near, ids.here, A, new Uint8Array(65_537))).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
      await expect(write(stage().near, ids.here, brandAs<StreamId>('x'), Uint8Array.of(1))).rejects.toMatchObject({
        code: 'STREAM_CLOSED',
      });
    });

    test('close a connection whose protocol has none on the other side', async () => {
      stage().far = await stage().device(6, { protocols: [OPEN, { ...STREAMS, maxStreams: 0 }] });
      const ids = await connect();
      await stage().send(stage().near, ids.here, Uint8Array.of(1));
      await stage().nthFrame(stage().far, ids.there, 0);
      const input = { connectionId: ids.here, streamId: A, first: Uint8Array.of(1) };
      await stage().until(stage().near.client.request('openStream', input));
      expect((await stage().closeOf(stage().near, ids.here)).close).toMatchObject({ name: 'protocol-error' });
    });

    test('carry datagrams beside them, as large as the path takes', async () => {
      const ids = await connect();
      const send = (bytes: Uint8Array) =>
        stage().until(stage().near.client.request('sendDatagram', { connectionId: ids.here, bytes }));
      await send(Uint8Array.of(1, 2, 3));
      const told = await stage().until(stage().far.recorder.next('datagram.received'));
      expect([told.connectionId, ...told.bytes]).toEqual([ids.there, 1, 2, 3]);
      const error = await send(new Uint8Array(60_000)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'DATAGRAM_TOO_LARGE', data: { maxBytes: expect.any(Number) } });
    });
  });
};
