/**
 * The link between paired devices (`bowline/link/1`): its frames, the windows that resume messages across
 * connections, and the rule that leaves exactly one connection. Pure; `docs/protocol/link.md` is the prose.
 *
 * @packageDocumentation
 */
export { toldFacts, toldFactsSchema } from './device-facts-schema.ts';
export { type Heartbeat, type HeartbeatComponents, heartbeat } from './heartbeat.ts';
export type { HeartbeatTimes } from './heartbeat-policy.ts';
export {
  type IdleHeartbeatComponents,
  idleHeartbeat,
  type RunningIdleHeartbeat,
} from './idle-heartbeat.ts';
export { type HelloSituation, type HelloVerdict, judgeHello, type SeenGreeting } from './judge-hello.ts';
export { decodeLinkFrame, encodeLinkFrame } from './link-codec.ts';
export {
  LINK_MAX_FRAME_BYTES,
  LINK_PROTOCOL_VERSION,
  type LinkFrame,
  type LinkGreeting,
  type MessagePart,
  type ReceivedLinkFrame,
} from './link-frame.ts';
export {
  type AssembledMessage,
  type AssemblyResult,
  EARLIER_MAX_MESSAGE_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_PART_BYTES,
  type MessageAssembly,
  messageAssembly,
  messageParts,
} from './message-parts.ts';
export { comparePositions, laterPosition } from './message-position.ts';
export { IDLE_NONCES, type OpenPings, openPings } from './open-pings.ts';
export {
  RECEIVE_WINDOW_DEFAULTS,
  type ReceiveOutcome,
  type ReceiveWindow,
  type ReceiveWindowLimits,
  receiveWindow,
} from './receive-window.ts';
export { type RoundTrips, roundTrips } from './round-trips.ts';
export {
  type AcknowledgedMessage,
  type AddResult,
  type MessageTicket,
  type OutgoingMessage,
  type PeerReport,
  SEND_WINDOW_DEFAULTS,
  type SendWindow,
  type SendWindowLimits,
  sendWindow,
} from './send-window.ts';
export { CLAIM_PATTERN, readStartClaim, type StartClaim, startClaim } from './start-claim.ts';
export { TCP_SHARE_BYTES, type TcpSide, tcpKey } from './tcp-keys.ts';
