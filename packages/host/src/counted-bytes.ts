import {
  type ByteCount,
  type Cancel,
  type DeviceBytes,
  type DeviceId,
  type EndpointId,
  errorMessage,
  type PeerDevice,
} from '@bowline/contracts';
import { type ByteSource, type Carried, DeviceByteAccount, NO_BYTES } from './device-byte-account.ts';
import type { System } from './system.ts';
import { WORKER_PATIENCE } from './worker-patience.ts';

/** How often counts are read where nobody asks, milliseconds: a worker that dies takes with it what it counted since. */
const READ_INTERVAL_MS = 60_000;

/** Bytes to and from each paired device since this one started, over connections and workers that came and went. */
export interface CountedBytes {
  /** Asks those who count. One that does not answer counts as it did last. Never rejects. */
  read(): Promise<(deviceId: DeviceId) => DeviceBytes>;
  cancel(): void;
}

interface CountedBytesComponents extends Pick<System, 'clock' | 'inBackground' | 'logger' | 'peers'> {
  readonly parts: Pick<System['parts'], ByteSource>;
}

/**
 * Nothing is counted here: iroh and the TCP connections count what they carry directly, the switchboard what goes through
 * relays, where each datagram passes once for every relay it takes. None of the three sees what another one counts.
 */
export const countedBytes = ({ parts, peers, clock, logger, inBackground }: CountedBytesComponents): CountedBytes => {
  const { endpoint, switchboard, tcp } = parts;
  const sinceMs = clock.nowMs();
  const account = new DeviceByteAccount(sinceMs);
  /** The devices that were paired since the start, by what their connections are known by. */
  const idByEndpoint = new Map<EndpointId, DeviceId>();
  /** Connections that ended since the counts were asked for that are on their way, and may still hold them. */
  const endedMeanwhile = new Set<string>();
  let reading: Promise<void> | null = null;
  let cancelTimer: Cancel = () => undefined;

  const know = ({ id, endpointId }: PeerDevice): void => {
    idByEndpoint.set(endpointId, id);
    account.know(id);
  };
  for (const { device } of peers.peers()) know(device);

  /** Nothing where it is a stranger. */
  const carriedBy = (endpointId: EndpointId, id: string, carried: ByteCount): readonly Carried[] => {
    const deviceId = idByEndpoint.get(endpointId);
    return deviceId === undefined ? [] : [{ id, deviceId, carried }];
  };

  const ended = (source: ByteSource, last: Carried): void => {
    if (reading !== null) endedMeanwhile.add(last.id);
    account.noteEnded(source, last);
  };

  const askers: Readonly<Record<ByteSource, () => Promise<readonly Carried[]>>> = {
    endpoint: async () => {
      const { connections } = await endpoint.client.request('countBytes', {}, WORKER_PATIENCE);
      return connections.flatMap(({ connectionId, remoteEndpointId, direct }) =>
        carriedBy(remoteEndpointId, connectionId, direct),
      );
    },
    tcp: async () => {
      const { connections } = await tcp.client.request('status', {}, WORKER_PATIENCE);
      return connections.map(({ connectionId: id, deviceId, sentBytes, receivedBytes }) => {
        return { id, deviceId, carried: { sentBytes, receivedBytes } };
      });
    },
    switchboard: async () => {
      const counted = await switchboard.client.request('traffic', {}, WORKER_PATIENCE);
      return counted.peers.flatMap(({ endpointId, traffic: { sentBytes, receivedBytes } }) =>
        carriedBy(endpointId, endpointId, { sentBytes, receivedBytes }),
      );
    },
  };

  const readSource = async (source: ByteSource): Promise<void> => {
    try {
      const counts = await askers[source]();
      account.noteRunning(
        source,
        counts.filter(({ id }) => !endedMeanwhile.has(id)),
      );
    } catch (error) {
      logger.debug({ source, reason: errorMessage(error) }, 'bytes not read');
    }
  };

  const readAll = async (): Promise<void> => {
    endedMeanwhile.clear();
    await Promise.all([readSource('endpoint'), readSource('tcp'), readSource('switchboard')]);
  };

  const readOnce = (): Promise<void> => {
    // One at a time: who asks meanwhile gets the same.
    reading ??= readAll().finally(() => {
      reading = null;
    });
    return reading;
  };

  const readRegularly = (): void => {
    cancelTimer = clock.setTimer(
      READ_INTERVAL_MS,
      () => {
        // Where no device is linked, next to nothing is carried.
        if ([...peers.peers()].some(({ link }) => link !== 'down')) inBackground('read counted bytes', readOnce);
        readRegularly();
      },
      { unref: true, isAligned: true },
    );
  };
  readRegularly();

  const cancels = [
    peers.onChanged(({ after }) => {
      if (after !== undefined) know(after.device);
    }),
    endpoint.client.on('connection.closed', ({ connectionId, remoteEndpointId, direct }) => {
      for (const last of carriedBy(remoteEndpointId, connectionId, direct)) ended('endpoint', last);
    }),
    tcp.client.on('connection.closed', ({ connectionId: id, deviceId, carried }) =>
      ended('tcp', { id, deviceId, carried }),
    ),
    // What was told by the one before has arrived by then.
    endpoint.onReady(() => account.noteRunning('endpoint', [])),
    tcp.onReady(() => account.noteRunning('tcp', [])),
    switchboard.onReady(() => account.noteRunning('switchboard', [])),
  ];

  return {
    read: async () => {
      await readOnce();
      const report = account.report();
      // One that was paired in this very moment has carried nothing.
      return (deviceId) => report.get(deviceId) ?? { sinceMs, direct: NO_BYTES, relayed: NO_BYTES };
    },
    cancel: () => {
      cancelTimer();
      for (const cancel of cancels) cancel();
    },
  };
};
