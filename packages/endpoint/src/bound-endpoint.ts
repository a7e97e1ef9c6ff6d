import {
  type ActorComponents,
  type BindInput,
  type BoundEndpoint,
  brandAs,
  type CloseName,
  type ConnectionId,
  type EndpointChannel,
  type EndpointId,
  type UnpairedEndpoint,
} from '@bowline/contracts';
import type { Connection as NativeConnection } from '@number0/iroh/index.js';
import { acceptIncoming, type HandshakeBudget } from './acceptor.ts';
import { admission } from './admission.ts';
import { type BoundIroh, bindIroh } from './bound-iroh.ts';
import type { ChangePoller } from './change-poller.ts';
import { type ConnectionRegistry, remoteIdOf } from './connection-registry.ts';
import { discardConnection } from './discard-connection.ts';
import type { ExternalAddresses } from './external-addresses.ts';
import type { HandleCollector } from './handle-collector.ts';
import { nativeBytesToHex, nativeBytesToText } from './native-bytes.ts';
import type { EndpointOptions } from './options.ts';

/** Bytes of a connection id made here. */
const CONNECTION_ID_BYTES = 16;

/** One endpoint at work: accepting, admitting, watching its addresses. */
export interface WorkingEndpoint {
  readonly iroh: BoundIroh;
  maxFrameBytesOf(alpn: string): number;
  maxStreamsOf(alpn: string): number;
  /** Ends what those who are kept out have open, but for `listed` protocols. */
  endBlocked(): void;
  setAdmitted(admitted: readonly EndpointId[], unpaired?: readonly UnpairedEndpoint[]): void;
  readonly setExternalAddresses: ExternalAddresses;
  /** Closes every connection with `shutdown`, then the endpoint. */
  close(): Promise<void>;
}

/** What all endpoints of the actor share. */
export interface EndpointComponents {
  readonly components: ActorComponents<EndpointChannel>;
  readonly options: EndpointOptions;
  readonly poller: ChangePoller;
  readonly registry: ConnectionRegistry;
  readonly budget: HandshakeBudget;
  readonly handles: HandleCollector;
  /** Whether somebody is kept out of everything. */
  readonly isBlocked: (remote: EndpointId) => boolean;
  /** Whether a refusal of this remote is told now. */
  readonly isTellable: (remote: string, nowMs: number) => boolean;
}

/** Binds and starts accepting. @throws `ENDPOINT_BIND_FAILED` */
export const openEndpoint = async (shared: EndpointComponents, input: BindInput): Promise<WorkingEndpoint> => {
  const iroh = await bindIroh(input, shared.components.clock);
  return workingEndpoint(shared, iroh, input);
};

const workingEndpoint = (shared: EndpointComponents, iroh: BoundIroh, input: BindInput): WorkingEndpoint => {
  const { components, options, poller, registry, budget, handles } = shared;
  const { clock, random, emit } = components;
  const { endpointId, native } = iroh;
  const logger = components.logger.child({ endpointId });
  const gate = admission(
    input.protocols,
    input.admitted ?? [],
    options.maxIncomingPerRemote,
    input.unpaired,
    shared.isBlocked,
  );

  const tellRefused = (remoteEndpointId: EndpointId | null, alpn: string | null, name: CloseName): void => {
    if (!shared.isTellable(`${endpointId} ${remoteEndpointId ?? ''}`, clock.monotonicMs())) return;
    logger.info({ remoteEndpointId, alpn, name }, 'incoming connection refused');
    emit('connection.refused', { localEndpointId: endpointId, remoteEndpointId, alpn, name });
  };

  const isListed = (alpn: string): boolean => gate.policyOf(alpn)?.admit === 'listed';

  let isClosing = false;
  const onConnection = (connection: NativeConnection): void => {
    if (isClosing) {
      discardConnection(connection, 'ended');
      return;
    }
    const remote = remoteIdOf(connection);
    const alpn = nativeBytesToText(connection.alpn());
    const refusal = gate.admit(remote, alpn);
    if (refusal !== null) {
      discardConnection(connection, refusal.name, refusal.reason);
      tellRefused(remote, alpn, refusal.name);
      return;
    }
    registry.open(connection, {
      connectionId: brandAs<ConnectionId>(nativeBytesToHex([...random.bytes(CONNECTION_ID_BYTES)])),
      localEndpointId: endpointId,
      alpn,
      isIncoming: true,
      maxFrameBytes: maxFrameBytesOf(alpn),
      maxStreams: maxStreamsOf(alpn),
      onClosed: () => gate.release(remote, alpn),
    });
  };

  const maxFrameBytesOf = (alpn: string): number => gate.policyOf(alpn)?.maxFrameBytes ?? options.defaultMaxFrameBytes;
  const maxStreamsOf = (alpn: string): number => gate.policyOf(alpn)?.maxStreams ?? 0;

  let told: BoundEndpoint = iroh.describe();
  const look = (): void => {
    if (native.isClosed()) return;
    const now = iroh.describe();
    if (isSameBinding(told, now)) return;
    told = now;
    logger.debug({ directAddresses: now.directAddresses }, 'addresses of the endpoint changed');
    emit('endpoint.addressesChanged', now);
  };
  const stopWatching = poller.watch({ look });
  const onRefused = (claimed: EndpointId | null): void => tellRefused(claimed, null, 'busy');
  const accepting = acceptIncoming({ native, budget, handles, options, clock, logger, onConnection, onRefused });

  return {
    iroh,
    maxFrameBytesOf,
    maxStreamsOf,
    endBlocked: () =>
      registry.closeThose(
        endpointId,
        ({ remoteEndpointId, alpn }) => shared.isBlocked(remoteEndpointId) && !isListed(alpn),
        'blocked',
      ),
    setAdmitted: (admitted, unpaired) => {
      const removed = gate.replace(admitted, unpaired);
      registry.closeThose(endpointId, (info) => removed.has(info.remoteEndpointId) && isListed(info.alpn), 'unpaired');
    },
    setExternalAddresses: async (addresses) => {
      await iroh.setExternalAddresses(addresses);
      look();
    },
    close: async () => {
      isClosing = true;
      stopWatching();
      // What is open now was not left in order: whoever holds it has died, or is about to bind anew.
      registry.closeThose(endpointId, () => true, 'ended');
      const isClosed = await iroh.close(clock, options.closeTimeoutMs);
      // An endpoint that iroh did not close in time keeps its handle in the pending promise and is left to it.
      if (isClosed) await accepting;
      else if (!iroh.isDialling())
        logger.warn({ closeTimeoutMs: options.closeTimeoutMs }, 'endpoint did not close in time');
    },
  };
};

const isSameBinding = (one: BoundEndpoint, other: BoundEndpoint): boolean =>
  one.port === other.port &&
  one.ipv6Port === other.ipv6Port &&
  one.directAddresses.length === other.directAddresses.length &&
  one.directAddresses.every((address) => other.directAddresses.includes(address));
