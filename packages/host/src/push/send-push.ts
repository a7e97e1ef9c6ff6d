import { encodePushRequest, pushAnswerReader } from '@bowline/push-protocol';
import type { SmallFileJobs } from '../finite-jobs.ts';
import type { OwnStream } from '../services/device-stream.ts';
import { answeredOffers } from './answered-offers.ts';
import { BLOCK_BYTES } from './data-frames.ts';
import { PushCutError, PushStoppedError } from './errors.ts';
import { lentBlocks } from './lent-blocks.ts';
import { preparedOffers } from './prepared-offers.ts';
import type { PushItem } from './push-item.ts';
import { encodePushOffer } from './push-offer.ts';
import { sendFile } from './send-file.ts';
import { type PushWatcher, sendingProgress } from './sending-progress.ts';

/** From so many bytes on no further offer is said with those before. */
const OFFERED_BYTES = 65_536;

interface SendPushComponents {
  /** Names this run of the sender. */
  readonly run: Uint8Array;
  /** Counts the pushes of this run. */
  readonly push: number;
  /** Whether the receiver takes files whose hash it is not told before. */
  readonly takesUnhashed: boolean;
  readonly watcher: PushWatcher;
  readonly jobs: Pick<SmallFileJobs, 'readSmallFiles'>;
  readonly signal: AbortSignal;
}

/** Pushes what waits over one stream, and resolves when the receiver has said its last word. */
export const sendPush = async (
  stream: OwnStream,
  items: readonly PushItem[],
  { run, push, takesUnhashed, watcher, jobs, signal }: SendPushComponents,
): Promise<void> => {
  const files = items.filter(({ entry, state }) => !entry.isFolder && state === 'waiting');
  const again = (item: PushItem): void => {
    files.push(item);
  };
  let failure: unknown = null;
  let wake: () => void = () => undefined;

  const blocks = lentBlocks(stream, BLOCK_BYTES);
  const progress = sendingProgress({ watcher, again });
  const answered = answeredOffers({ progress, again });
  const prepared = preparedOffers({
    files,
    takesUnhashed,
    answered,
    progress,
    jobs,
    onPrepared: () => wake(),
    onBroken: (error) => {
      failure ??= error;
    },
    signal,
  });

  const listen = async (): Promise<void> => {
    const reader = pushAnswerReader();
    for await (const bytes of stream) {
      for (const answer of reader.read(bytes)) answered.hear(answer);
      wake();
    }
    if (!answered.isDone) throw new PushCutError();
  };

  const offerReady = async (): Promise<void> => {
    const frames: Uint8Array[] = [];
    for (let sizeBytes = 0; sizeBytes < OFFERED_BYTES; ) {
      const offer = prepared.takeReady();
      if (offer === undefined) break;
      frames.push(...encodePushOffer(offer, answered.add(offer)));
      sizeBytes = frames.reduce((sum, { byteLength }) => sum + byteLength, 0);
    }
    await blocks.say(Buffer.concat(frames));
  };

  const speak = async (): Promise<void> => {
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    await blocks.say(encodePushRequest({ kind: 'begin', run, push, files: files.length, bytes }));
    for (const { entry } of items.filter((item) => item.entry.isFolder)) {
      await blocks.say(encodePushRequest({ kind: 'folder', path: entry.path }));
    }
    for (;;) {
      signal.throwIfAborted();
      if (failure !== null) return;
      prepared.prepareMore();
      if (prepared.hasReady) {
        await offerReady();
        continue;
      }
      const file = answered.nextTaken();
      if (file !== undefined) {
        await sendFile(file, { blocks, progress, hasFailed: () => failure !== null, signal });
        continue;
      }
      if (prepared.isOver && answered.openCount === 0) break;
      // Nothing can happen between these looks and the wait: both are in one turn.
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    await stream.end();
  };

  const onAbort = (): void => {
    stream.reset();
    wake();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const listening = listen().catch((error: unknown) => {
    // What the receiver gave as its reason says more than that its stream is over.
    failure = error instanceof PushStoppedError ? error : (failure ?? error);
    stream.reset();
    wake();
  });
  try {
    await speak().catch((error: unknown) => {
      failure ??= error;
      stream.reset();
    });
    await listening;
    signal.throwIfAborted();
    if (failure !== null) throw failure;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await stream[Symbol.asyncDispose]();
    progress.takeBack();
  }
};
