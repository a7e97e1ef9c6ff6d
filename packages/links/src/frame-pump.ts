import type { PeerConnection } from '@bowline/endpoint-connections';
import { encodeLinkFrame, type LinkFrame } from '@bowline/link-protocol';

/**
 * Sends frames one after the other, each taken from its source only when the one before is buffered: what is urgent
 * overtakes what is long, and a connection that takes nothing makes nothing pile up.
 */
export interface FramePump {
  /** The source may have frames now. */
  wake(): void;
  /** Takes no further frame. */
  stop(): void;
}

/**
 * @param source the next frame, or `null` when there is none for now.
 * @param onFailed told once, when the connection no longer takes frames.
 */
export const framePump = (
  connection: PeerConnection,
  source: () => LinkFrame | null,
  onFailed: (error: unknown) => void,
): FramePump => {
  let isRunning = false;
  let isStopped = false;

  const run = async (): Promise<void> => {
    isRunning = true;
    try {
      for (let frame = source(); frame !== null && !isStopped; frame = source()) {
        await connection.send(encodeLinkFrame(frame));
        if (isStopped) return;
      }
    } catch (error) {
      if (isStopped) return;
      isStopped = true;
      onFailed(error);
    } finally {
      isRunning = false;
    }
  };

  return {
    wake: () => {
      // `run` never rejects.
      if (!isRunning && !isStopped) void run();
    },
    stop: () => {
      isStopped = true;
    },
  };
};
