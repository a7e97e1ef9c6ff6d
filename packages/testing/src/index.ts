/**
 * What the tests of every package share: a clock turned by hand, repeatable randomness, a logger that remembers, a
 * harness for single actors, and one conformance suite for each contract with more than one implementation.
 *
 * @packageDocumentation
 */
export { type ActorHarness, actorHarness, type ToldEvent } from './actor-harness.ts';
export { type ChannelArrangement, type ChannelImplementation, channelConformance } from './channel-conformance.ts';
export {
  type ConformanceChannel,
  conformanceChannel,
  REFUSED_GREETING,
  serveConformanceChannel,
} from './conformance-channel.ts';
export {
  type DiscoveryArrangement,
  type DiscoveryImplementation,
  discoveryConformance,
  sampleSearchTarget,
} from './discovery-conformance.ts';
export { type EndpointImplementation, endpointConformance } from './endpoint-conformance.ts';
export type { EndpointArrangement } from './endpoint-stage.ts';
export { type EventRecorder, eventRecorder } from './event-recorder.ts';
export { type FakeClock, fakeClock, settle } from './fake-clock.ts';
export type { FakeEndpoint } from './fake-endpoint.ts';
export { type FakeEndpointNetwork, fakeEndpointNetwork } from './fake-endpoint-network.ts';
export { type FakeListeners, fakeListeners } from './fake-listeners.ts';
export { freePort } from './free-port.ts';
export { emptyMemoryDisk, type MemoryDisk } from './memory-disk.ts';
export { type LogLine, type MemoryLogger, memoryLogger } from './memory-logger.ts';
export { type DiskWatcher, memoryStore } from './memory-store.ts';
export { deviceIdNamed, endpointIdNamed, knownAddress, pendingNamed, relayInfoOf } from './named-devices.ts';
export { receivedMessage } from './received-message.ts';
export { seededRandom } from './seeded-random.ts';
export type { StoreArrangement, StoreImplementation } from './store-arrangement.ts';
export { storeConformance } from './store-conformance.ts';
