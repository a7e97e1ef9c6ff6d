/**
 * Everything the packages of Bowline agree on: channel definitions, ids, ports and the base of all errors.
 * No dependency, no state. One file in `channels/` is all that can be asked of, and told by, one actor. Long because it is
 * a list of names.
 *
 * @packageDocumentation
 */
export { addressGroupOf, addressGroupOfSocket } from './address-group.ts';
export {
  type AddressScope,
  addressScopeOf,
  canonicalIpv6,
  isDiallableWhenTold,
  isOfAnotherDevice,
  isPublicAddress,
} from './address-scope.ts';
export {
  type AddressDiscoveryRelay,
  type ConnectionPath,
  type EndpointAddress,
  MAX_DIRECT_ADDRESSES,
  MAX_RELAY_URLS,
  type PathKind,
  type PeerLocation,
  type RelayInfo,
  type RelayToken,
  type RoundTrip,
} from './addresses.ts';
export { assertNever } from './assert-never.ts';
export {
  BowlineError,
  type BowlineErrorInit,
  type ConnectionStage,
  type ErrorData,
  errorCode,
  errorMessage,
  InvalidOptionError,
} from './bowline-error.ts';
export type { ByteCount } from './byte-count.ts';
export {
  type AnyEvent,
  type AnyRequest,
  type ChannelDefinition,
  defineChannel,
  type EventDefinition,
  type EventName,
  type EventPayload,
  event,
  type RequestDefinition,
  type RequestInput,
  type RequestName,
  type RequestOutput,
  request,
} from './channel-definition.ts';
export {
  type AddressObservationChannel,
  type AskedObservers,
  addressObservationChannel,
  type ObservedStanding,
  type PeerObservation,
  type SeenReport,
} from './channels/address-observation.ts';
export {
  type AppChannel,
  appChannel,
  type HostView,
  type OfferedMessage,
  type ServedOffer,
} from './channels/app.ts';
export type { ConnectionStream } from './channels/connection-stream.ts';
export {
  type ChosenRelay,
  type DaemonChannel,
  daemonChannel,
  type PushProgress,
  type PushResult,
  type PushSkipped,
  type ReceivingReport,
  type RelayAnswer,
  type RelayChoice,
  type ServedReport,
  type ServedTarget,
  type WaitingMessage,
} from './channels/daemon.ts';
export {
  type Advertisement,
  type Candidate,
  type DiscoveryChannel,
  type DiscoveryMdnsChannel,
  type DiscoverySource,
  type DiscoverySourceDefinition,
  type DiscoverySourceName,
  type DiscoveryTrust,
  discoveryChannel,
  discoveryMdnsChannel,
  type MdnsProblem,
  type MdnsProblemCode,
  type MulticastInterface,
  type SearchInput,
  type SearchReport,
  type SearchTarget,
  type SightedPeer,
} from './channels/discovery.ts';
export {
  type AlpnPolicy,
  type BindInput,
  type BoundEndpoint,
  type ConnectionBytes,
  type ConnectionClose,
  type ConnectionInfo,
  type DialInput,
  type EndpointChannel,
  endpointChannel,
  type IdleHeartbeat,
  MAX_STREAM_CHUNK_BYTES,
  type PortMapping,
  type PublicRelay,
  STREAM_INITIAL_CREDIT_BYTES,
  STREAM_LEFT_CODE,
  type UnpairedEndpoint,
} from './channels/endpoint.ts';
export {
  HELD_BACK_REASONS,
  type HeldBackReason,
  type LinkDownReason,
  type LinkIdentity,
  type LinkMeasurements,
  type LinkPeer,
  type LinkStatus,
  type LinksChannel,
  linksChannel,
} from './channels/links.ts';
export {
  type CodeOffer,
  type ConfirmationPolicy,
  type PairingAttempt,
  type PairingCircumstance,
  type PairingFailureCode,
  type PairingIdentity,
  type PairingSessionsChannel,
  pairingSessionsChannel,
  type RendezvousBinding,
  type SearchedRelay,
} from './channels/pairing-sessions.ts';
export {
  type DeviceUpdate,
  type InboxMessage,
  type JournalEntry,
  type JournalNote,
  type MessageUsage,
  type OutboxMessage,
  type PersistenceChannel,
  persistenceChannel,
  type SettingValue,
  type StoredIdentity,
  type StoredPresence,
  type StoreKeyKind,
  type StoreProblem,
} from './channels/persistence.ts';
export {
  type DialCause,
  type DialledPeer,
  type ReconnectionSchedulerChannel,
  reconnectionSchedulerChannel,
  type ScheduledDevice,
} from './channels/reconnection-scheduler.ts';
export { type RefreshedPeer, type RelayRefreshChannel, relayRefreshChannel } from './channels/relay-refresh.ts';
export {
  type AskedRelay,
  LEAST_RELAY_BUDGET_BYTES,
  MAX_RELAY_CANDIDATES,
  type RelayAbsence,
  type RelayBudget,
  type RelayConnectionState,
  type RelayDownReason,
  type RelayObserver,
  type RelayPeer,
  type RelayRole,
  type RelaySettings,
  type RelayStatus,
  type RelaySwitchboardChannel,
  relaySwitchboardChannel,
  type SpentToday,
  type TrafficCount,
  type TrafficReport,
  UNAVAILABLE_STATUSES,
} from './channels/relay-switchboard.ts';
export {
  MAX_APP_RESET_CODE,
  MAX_STREAM_LOAN_BYTES,
  MAX_STREAM_WRITE_BYTES,
  type OpenServiceInput,
  RESET_CODES,
  type ServiceOffer,
  type ServicePeer,
  type ServiceStreamStatus,
  type ServicesChannel,
  STREAMS_FEATURE,
  type StreamTransportKind,
  servicesChannel,
} from './channels/services.ts';
export {
  MAX_TCP_ADDRESSES,
  TCP_DIAL_FAILURES,
  TCP_FEATURE,
  type TcpConnectionStatus,
  type TcpDialFailure,
  type TcpKey,
  type TcpLink,
  type TcpLinkStatus,
  type TcpTransportChannel,
  tcpTransportChannel,
} from './channels/tcp-transport.ts';
export { checkSearchInput } from './check-search-input.ts';
export type {
  BlockedDevice,
  DeviceCard,
  DevicePermissions,
  DeviceSummary,
  DeviceTrust,
  DeviceTrustChange,
  KnownAddress,
  MessagePosition,
  PairingState,
  PeerDevice,
} from './device.ts';
export type { DeviceCheck } from './device-check.ts';
export type {
  DeviceDiagnosis,
  DiagnosisCause,
  DiagnosisCertainty,
  DiagnosisEvidence,
  DiagnosisRemedy,
  DiagnosisSide,
} from './device-diagnosis.ts';
export type { DeviceFacts, RelayFact } from './device-facts.ts';
export type { DevicePresence } from './device-presence.ts';
export { cleanDisplayName, displayNameKey, looksLikeId, MAX_NAME_CHARACTERS } from './display-name.ts';
export { endpointIdOf, SECRET_KEY_BYTES } from './endpoint-key.ts';
export {
  type AddressDiscoveryReport,
  type DeviceBytes,
  type DeviceReport,
  HOST_EVENT_NAMES,
  type HostEvent,
  type HostEventName,
  type HostStatus,
  type MdnsReport,
  type MessageTotal,
  type NatKind,
  type NetworkReport,
  type ObservedAddressReport,
  type OpenedPortReport,
  type Placement,
  type RelayReport,
  type RouteReason,
  type StoreProblemReport,
  type TcpAbsence,
  type TcpReport,
  type WorkerFailure,
  type WorkerReport,
} from './host-events.ts';
export { type HostPort, parseHostPort, parsePort } from './host-port.ts';
export {
  type Branded,
  brandAs,
  type ConnectionId,
  type DeviceId,
  type EndpointId,
  type PairingSessionId,
  type PresenceKey,
  type RelayUrl,
  type ServiceStreamId,
  type SocketAddress,
  type StreamId,
} from './ids.ts';
export { isSamePath } from './is-same-path.ts';
export type {
  ChartState,
  ChartTransition,
  MachineChart,
  MachineName,
  MachineSession,
  MachinesReport,
  MachineTransition,
} from './machines.ts';
export { mdnsProblemSentence } from './mdns-problem-sentence.ts';
export { MAX_MESSAGE_BODY_BYTES } from './message-limit.ts';
export { type OpenSearch, type OpenSearches, openSearches } from './open-searches.ts';
export {
  deviceIdOf,
  parseEndpointId,
  parseRelayUrl,
  parseSocketAddress,
  socketAddressOf,
} from './parse-ids.ts';
export { type PeerList, peersGone } from './peer-list.ts';
export type {
  Actor,
  ActorComponents,
  ChannelClient,
  ChannelHandlers,
  Emit,
  RequestContext,
  RequestOptions,
  WorkerDefinition,
} from './ports/actor.ts';
export type { Cancel, Clock, TimerOptions } from './ports/clock.ts';
export type { LifecycleState, Startable } from './ports/lifecycle.ts';
export type { LogFields, Logger, LogLevel } from './ports/logger.ts';
export type { Random } from './ports/random.ts';
export {
  CLOSE_CODES,
  type CloseName,
  closeNameOf,
  LINK_ALPN,
  NOBODY_ENDPOINT_ID,
  OBSERVE_ALPN,
  PAIR_ALPN,
  RENDEZVOUS_ALPN,
} from './protocol-names.ts';
export { ipOf, portOf } from './socket-address.ts';
export type { DeviceTimeline, Reliability, TimelineEntry, TimelineKind, TimelineRecord } from './timeline.ts';
export { unmappedIp } from './unmapped-ip.ts';
