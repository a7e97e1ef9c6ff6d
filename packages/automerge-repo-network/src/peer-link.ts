import { cbor, type Message } from '@automerge/automerge-repo/slim';
import { errorMessage, type Logger } from '@bowline/contracts';
import type { DeviceStream } from '@bowline/host';
import { framed, framesOf } from './frames.ts';
import { decodeGreeting, decodeObject, encodeGreeting, type Greeting } from './greeting.ts';

/** One repository on another device, over one stream. */
export interface PeerLink {
  /** Whatever cannot be sent is dropped: the stream is gone, and automerge begins anew on the next. */
  send(message: Message): void;
  /** Ends it; the other side sees the end. */
  close(): void;
}

interface PeerLinkComponents {
  readonly logger: Logger;
  readonly maxMessageBytes: number;
  readonly own: Greeting;
  /** The other repository has said who it is. */
  readonly onGreeting: (link: PeerLink, peer: Greeting) => void;
  readonly onMessage: (message: Message) => void;
}

/** Runs until the stream ends, on either side. Resolves then, however it ended. */
export const runPeerLink = async (stream: DeviceStream, components: PeerLinkComponents): Promise<void> => {
  const { logger, maxMessageBytes, own, onGreeting, onMessage } = components;
  const { device } = stream;
  let waitingBytes = 0;
  let isOver = false;

  const fail = (why: string, error?: unknown): void => {
    if (isOver) return;
    isOver = true;
    const reason = error === undefined ? null : errorMessage(error);
    logger.debug({ deviceId: device.id, reason }, why);
    stream.reset();
  };
  const post = (frame: Uint8Array): void => {
    if (isOver) return;
    waitingBytes += frame.byteLength;
    if (waitingBytes > maxMessageBytes) {
      fail('more waits for the device than may, begin anew');
      return;
    }
    // Writes to one stream keep their order.
    stream
      .write(framed(frame))
      .catch((error: unknown) => fail('stream to the device failed', error))
      .finally(() => {
        waitingBytes -= frame.byteLength;
      });
  };
  const link: PeerLink = {
    send: (message) => post(cbor.encode(message)),
    close: () => {
      if (isOver) return;
      isOver = true;
      stream.reset();
    },
  };

  post(encodeGreeting(own));
  let isGreeted = false;
  try {
    for await (const frame of framesOf(stream, maxMessageBytes)) {
      if (isOver) break;
      if (!isGreeted) {
        const greeting = decodeGreeting(frame);
        if (greeting === null) throw new TypeError('its first frame is no greeting of version 1');
        isGreeted = true;
        onGreeting(link, greeting);
      } else {
        const message = decodeObject(frame);
        if (message !== null) onMessage(message as unknown as Message);
      }
    }
  } catch (error) {
    fail('stream from the device failed', error);
  }
  if (isOver) return;
  isOver = true;
  await stream.end().catch(() => undefined);
};
