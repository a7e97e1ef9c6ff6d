import { type Clock, type CloseName, errorMessage } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { decodeLinkFrame, type LinkGreeting, type ReceivedLinkFrame } from '@bowline/link-protocol';

/** Waits for the first frame of a connection. */
export interface AwaitedGreeting {
  readonly connection: PeerConnection;
  readonly kind: 'hello' | 'welcome';
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Told in the same turn in which the frame came, so that no later frame is missed by who listens from then on. */
  readonly onGreeting: (greeting: LinkGreeting) => void;
  /** No greeting, or none that can be accepted: the connection should be closed with this. */
  readonly onFailed: (name: CloseName, reason: string) => void;
}

/** One of `onGreeting` and `onFailed` is told once, unless the returned function was called or the connection ends first. */
export const awaitGreeting = ({ connection, kind, timeoutMs, clock, ...awaited }: AwaitedGreeting): (() => void) => {
  const read = (bytes: Uint8Array): void => {
    stop();
    let frame: ReceivedLinkFrame;
    try {
      frame = decodeLinkFrame(bytes);
    } catch (error) {
      awaited.onFailed('protocol-error', errorMessage(error));
      return;
    }
    if (frame.kind === kind) awaited.onGreeting(frame);
    else if (frame.kind === 'otherVersion') awaited.onFailed('version-unsupported', `version ${frame.version}`);
    else awaited.onFailed('protocol-error', `a ${frame.kind} where a ${kind} belongs`);
  };
  const cancelFrames = connection.onFrame(read);
  const cancelTimer = clock.setTimer(timeoutMs, () => {
    stop();
    awaited.onFailed('timed-out', `no ${kind}`);
  });
  const stop = (): void => {
    cancelFrames();
    cancelTimer();
  };
  return stop;
};
