import type {
  DeviceFacts,
  HeldBackReason,
  MessagePosition,
  PresenceKey,
  RelayInfo,
  SocketAddress,
  TcpDialFailure,
} from '@bowline/contracts';

/** Version of the frames below. A hello of another version is answered with close code `version-unsupported`. */
export const LINK_PROTOCOL_VERSION = 1;

/**
 * What each side says first: the dialling side in `hello`, the accepting side in `welcome`.
 *
 * The pair of `life` and `turn` orders everything one side has said to the other across connections, which the
 * network does not: a hello overtaken by a later welcome is recognised as old news.
 */
export interface LinkGreeting {
  readonly version: typeof LINK_PROTOCOL_VERSION;
  /** How often the device has started, as its store counts. */
  readonly incarnation: number;
  /** Which run of the sender's links actor speaks: 16 random hexadecimal digits. */
  readonly life: string;
  /** Grows by one with every greeting of one life, hellos and welcomes together. */
  readonly turn: number;
  /** 1 to 64 characters, cleaned of control and direction-changing characters by the reader. */
  readonly name: string;
  readonly relayInfo: RelayInfo;
  /** Where the sender believes it can be reached, best first, at most `MAX_DIRECT_ADDRESSES`. */
  readonly directAddresses: readonly SocketAddress[];
  /** Where the sender sees the receiver: the remote address of a direct path, `null` over a relay or when unknown. */
  readonly observedAddress: SocketAddress | null;
  /** The receiver's last message that the sender has journaled: everything later must be sent (again). */
  readonly received: MessagePosition | null;
  /** The receiver's last message that the sender has seen at all: new messages are numbered above it. */
  readonly heard: MessagePosition | null;
}

/** One part of a message. A message of up to 16 KiB is a single part. */
export interface MessagePart {
  readonly sequence: number;
  /** Size of the whole message, bytes. */
  readonly sizeBytes: number;
  /** Where this part begins in the message, bytes. */
  readonly offset: number;
  readonly part: Uint8Array;
}

/** Everything that crosses a link. Directions are the same for both sides, but for `hello` and `welcome`. */
export type LinkFrame =
  | ({ readonly kind: 'hello' } & LinkGreeting)
  | ({ readonly kind: 'welcome' } & LinkGreeting)
  /** Are you there? Answered at once by `pong` with the same nonce. */
  | { readonly kind: 'ping'; readonly nonce: number }
  | { readonly kind: 'pong'; readonly nonce: number }
  | ({ readonly kind: 'message' } & MessagePart)
  /** Everything up to this message of the receiver is journaled. */
  | { readonly kind: 'ack'; readonly position: MessagePosition }
  /** The sender's relays: pushed after a change, and the answer to `askRelayInfo`. */
  | { readonly kind: 'relayInfo'; readonly relayInfo: RelayInfo }
  | { readonly kind: 'askRelayInfo' }
  /** The sender was renamed, or its addresses changed. */
  | { readonly kind: 'update'; readonly name: string; readonly directAddresses: readonly SocketAddress[] }
  /**
   * Whether the sender takes messages now: said first on every link, and when it changes. A device that never says it
   * does not know `kept` either.
   */
  | { readonly kind: 'receiving'; readonly heldBack: HeldBackReason | null }
  /**
   * The message of this sequence, which follows, is kept by its sender across restarts and may come again under another
   * number; by this name it is known.
   */
  | { readonly kind: 'kept'; readonly sequence: number; readonly messageId: string }
  /** What the sender knows beside this page, said once after the greetings; a reader ignores the names it does not know. */
  | { readonly kind: 'features'; readonly features: readonly string[] }
  /** What the sender knows of itself and its network: said after the greetings, and when it has changed. */
  | { readonly kind: 'facts'; readonly facts: DeviceFacts }
  /**
   * Of a thousand packets that the sender sent lately on this path, how many were lost on the way to the receiver, who cannot know;
   * `null`: too few to say. Said when it has changed, at most once in five seconds.
   */
  | { readonly kind: 'loss'; readonly permille: number | null }
  /** By what the sender is known on the local network from now on: a secret of the two. */
  | { readonly kind: 'presence'; readonly key: PresenceKey }
  /**
   * How often the sender has started, with its own proof of it, said after the greetings. The receiver keeps it as it is, and
   * hands it back as the reason of `stale` to a sender that has forgotten.
   */
  | { readonly kind: 'claim'; readonly claim: string }
  /**
   * The sender's half of what the keys of TCP connections are made of, for as long as this link lasts, and where it listens for
   * them. Said once the other side has said that it knows them, and again with the same half when the addresses have changed.
   */
  | { readonly kind: 'tcp'; readonly share: Uint8Array; readonly addresses: readonly SocketAddress[] }
  /** The sender wants a TCP connection and cannot make one; perhaps the receiver can. */
  | { readonly kind: 'askTcp' }
  /** How the sender's last dial by TCP to the receiver failed: what it was answered is known to it alone. */
  | { readonly kind: 'tcpFailed'; readonly failure: TcpDialFailure }
  /** The sender shuts down in order; the receiver closes the connection. */
  | { readonly kind: 'goodbye' }
  /** The sender has removed the receiver from its devices; the receiver closes the connection. */
  | { readonly kind: 'unpaired' };

/** What a reader makes of bytes: a frame, or one of the two things a later Bowline may say. */
export type ReceivedLinkFrame =
  | LinkFrame
  /** A hello or welcome of a version this one does not speak. */
  | { readonly kind: 'otherVersion'; readonly version: number }
  /** A kind this version does not know: ignored, so that later versions can add kinds. */
  | { readonly kind: 'unknown' };

/** Largest frame of a link, bytes: a part of 16 KiB, or a hello with 8 relay URLs of 512 characters, and room to grow. */
export const LINK_MAX_FRAME_BYTES = 32_768;

/** Most names in a `features` frame. */
export const MAX_FEATURES = 32;
