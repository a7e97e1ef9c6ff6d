import { brandAs, type DeviceId, errorCode, errorMessage } from '@bowline/contracts';
import type { DeviceStream, Host } from '@bowline/host';
import { encodePushRequest, type PushAnswer, type PushRequest, pushAnswerReader } from '@bowline/push-protocol';

/** What a sender says that repeats itself, by the number of the word. */
const FLOODS = {
  offers: (index) => ({ kind: 'large', index, path: [`offer ${index}`], sizeBytes: 1, mark: new Uint8Array(16) }),
  folders: (index) => ({ kind: 'folder', path: [`folder ${index % 64}`, 'within'] }),
  lies: (index) => ({ kind: 'small', index, path: [`lie ${index}`], sizeBytes: 0, hash: new Uint8Array(32) }),
  data: () => ({ kind: 'data', bytes: new Uint8Array(1) }),
} as const satisfies Readonly<Record<string, (index: number) => PushRequest>>;

export type PushFlood = keyof typeof FLOODS;

/** How a receiver took what it was told. */
export interface SaidPush {
  readonly answers: readonly PushAnswer[];
  /** `ended` by the receiver, or the code of what the stream failed with. */
  readonly end: string;
  /** Words that were said. */
  readonly words: number;
}

/** What a device can be told that says words of a push by itself, whether a push has such words or not. */
export const pushCalls = (host: Host) => {
  const held: DeviceStream[] = [];
  const open = (deviceId: string, service: string): Promise<DeviceStream> =>
    host.device(brandAs<DeviceId>(deviceId)).open(service);

  const hear = async (stream: DeviceStream): Promise<Omit<SaidPush, 'words'>> => {
    const answers: PushAnswer[] = [];
    const reader = pushAnswerReader();
    try {
      for await (const bytes of stream) answers.push(...reader.read(bytes));
      return { answers, end: 'ended' };
    } catch (error) {
      return { answers, end: errorCode(error) ?? errorMessage(error) };
    }
  };
  /** Says all of it, or until nobody hears it any more. */
  const say = async (stream: DeviceStream, pieces: Iterable<Uint8Array>): Promise<SaidPush> => {
    const heard = hear(stream);
    let words = 0;
    try {
      for (const piece of pieces) {
        await stream.write(piece);
        words += 1;
      }
      await stream.end();
    } catch {
      // What ended it is heard.
    }
    return { ...(await heard), words };
  };

  return {
    receive: async (dir: string, maxBytes: number): Promise<void> => void (await host.receive({ dir, maxBytes })),
    receiveOff: (): Promise<boolean> => host.receiveOff(),
    push: async (deviceId: string, paths: readonly string[]): Promise<void> =>
      void (await host.push(brandAs<DeviceId>(deviceId), paths)),
    sayPush: async (deviceId: string, service: string, pieces: readonly Uint8Array[]): Promise<SaidPush> =>
      say(await open(deviceId, service), pieces),
    /** Says the same thing over and over, in another push when one was ended for it. */
    floodPush: async (
      deviceId: string,
      service: string,
      before: readonly Uint8Array[],
      flood: PushFlood,
      maxWords: number,
      durationMs: number,
    ): Promise<SaidPush & { readonly pushes: number }> => {
      const untilMs = performance.now() + durationMs;
      function* pieces(): Generator<Uint8Array> {
        yield* before;
        for (let index = 0; index < maxWords && performance.now() < untilMs; index += 1) {
          yield encodePushRequest(FLOODS[flood](index));
        }
      }
      for (let [pushes, words] = [1, 0]; ; pushes += 1) {
        const said = await say(await open(deviceId, service), pieces());
        words += said.words;
        if (words >= maxWords || performance.now() >= untilMs) return { ...said, words, pushes };
      }
    },
    /** Says the beginning of a push, and nothing more. */
    holdPush: async (deviceId: string, service: string, pieces: readonly Uint8Array[]): Promise<void> => {
      const stream = await open(deviceId, service);
      held.push(stream);
      for (const piece of pieces) await stream.write(piece);
    },
    letGoOfPushes: async (): Promise<void> => {
      for (const stream of held.splice(0)) stream.reset();
    },
  };
};
