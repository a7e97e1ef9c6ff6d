import {
  assertNever,
  type Clock,
  type DeviceFacts,
  errorMessage,
  type HeldBackReason,
  type MessagePosition,
  type PresenceKey,
  type RelayInfo,
  type SocketAddress,
  type TcpDialFailure,
} from '@bowline/contracts';
import { TokenBucket } from '@bowline/limits';
import { decodeLinkFrame, IDLE_NONCES, type MessagePart, type ReceivedLinkFrame } from '@bowline/link-protocol';

/**
 * Frames one link may take beside messages and acknowledgements. A hundred a second is far
 * above two heartbeats and every change a device could tell, and costs next to nothing.
 */
const FRAME_RATE = { perSecond: 100, burst: 1_000 };

/**
 * Messages, their names and acknowledgements: far above what a device has under way at once, and little enough that reading
 * them leaves the device to others.
 */
const MESSAGE_RATE = { perSecond: 5_000, burst: 20_000 };

/** What the frames of a link lead to, one function for each kind. */
export interface FrameHandlers {
  /**
   * Told before any other, for every frame that could be read; `isOfOwner`: by whoever keeps the link there, and not by an endpoint
   * that may ask for one that hangs.
   */
  onHeard(isOfOwner: boolean): void;
  onPing(nonce: number): void;
  onPong(nonce: number): void;
  onMessagePart(part: MessagePart): void;
  /** The message that follows is kept by its sender under this name. */
  onKept(sequence: number, messageId: string): void;
  onAck(position: MessagePosition): void;
  onReceiving(heldBack: HeldBackReason | null): void;
  onRelayInfo(relayInfo: RelayInfo): void;
  onRelayInfoAsked(): void;
  onUpdate(name: string, directAddresses: readonly SocketAddress[]): void;
  onFeatures(features: readonly string[]): void;
  onFacts(facts: DeviceFacts): void;
  /** Of a thousand packets of the other side. */
  onLoss(permille: number | null): void;
  onPresence(key: PresenceKey): void;
  onClaim(claim: string): void;
  onTcp(share: Uint8Array, addresses: readonly SocketAddress[]): void;
  onTcpAsked(): void;
  onTcpFailed(failure: TcpDialFailure): void;
  onLastWord(word: 'goodbye' | 'unpaired'): void;
  /** The other side broke a rule; nothing more should be read. */
  onViolation(what: string): void;
}

/** Reads what comes after the greetings: parsed, bounded in rate, and sorted by kind. */
export const frameReader = (clock: Clock, handlers: FrameHandlers): ((bytes: Uint8Array) => void) => {
  const allowance = new TokenBucket(FRAME_RATE, clock.monotonicMs());
  const messages = new TokenBucket(MESSAGE_RATE, clock.monotonicMs());

  const handle = (frame: ReceivedLinkFrame): void => {
    switch (frame.kind) {
      case 'message':
        handlers.onMessagePart(frame);
        return;
      case 'kept':
        handlers.onKept(frame.sequence, frame.messageId);
        return;
      case 'receiving':
        handlers.onReceiving(frame.heldBack);
        return;
      case 'ack':
        handlers.onAck(frame.position);
        return;
      case 'ping':
        handlers.onPing(frame.nonce);
        return;
      case 'pong':
        handlers.onPong(frame.nonce);
        return;
      case 'relayInfo':
        handlers.onRelayInfo(frame.relayInfo);
        return;
      case 'askRelayInfo':
        handlers.onRelayInfoAsked();
        return;
      case 'update':
        handlers.onUpdate(frame.name, frame.directAddresses);
        return;
      case 'features':
        handlers.onFeatures(frame.features);
        return;
      case 'facts':
        handlers.onFacts(frame.facts);
        return;
      case 'loss':
        handlers.onLoss(frame.permille);
        return;
      case 'presence':
        handlers.onPresence(frame.key);
        return;
      case 'claim':
        handlers.onClaim(frame.claim);
        return;
      case 'tcp':
        handlers.onTcp(frame.share, frame.addresses);
        return;
      case 'askTcp':
        handlers.onTcpAsked();
        return;
      case 'tcpFailed':
        handlers.onTcpFailed(frame.failure);
        return;
      case 'goodbye':
      case 'unpaired':
        handlers.onLastWord(frame.kind);
        return;
      case 'hello':
      case 'welcome':
      case 'otherVersion':
        handlers.onViolation('a second greeting');
        return;
      case 'unknown':
        return;
      default:
        assertNever(frame);
    }
  };

  return (bytes) => {
    let frame: ReceivedLinkFrame;
    try {
      frame = decodeLinkFrame(bytes);
    } catch (error) {
      handlers.onViolation(errorMessage(error));
      return;
    }
    handlers.onHeard(!(frame.kind === 'ping' && frame.nonce < IDLE_NONCES));
    const isOfMessages = frame.kind === 'message' || frame.kind === 'ack' || frame.kind === 'kept';
    if ((isOfMessages ? messages : allowance).take(1, clock.monotonicMs())) handle(frame);
    else handlers.onViolation('too many frames');
  };
};
