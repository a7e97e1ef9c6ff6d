import type { Agent, AgentOptions } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type BlockedDevice,
  brandAs,
  type Cancel,
  type ConnectionPath,
  type DeviceId,
  errorMessage,
  InvalidOptionError,
  MAX_STREAM_WRITE_BYTES,
  type RelayUrl,
  type ServiceStreamId,
} from '@bowline/contracts';
import { DeviceNotFoundError } from '../errors.ts';
import type { System } from '../system.ts';
import { blockEndpoint } from '../wiring/block-devices.ts';
import { abortable } from './abort-error.ts';
import type { DevicePresences } from './device-presences.ts';
import { type DeviceStream, deviceStream } from './device-stream.ts';
import { readAnswer } from './request-answer.ts';
import { serviceAgent, serviceFetch } from './service-fetch.ts';
import { streamDuplex } from './stream-duplex.ts';

/** Bytes of a stream's id here. */
const STREAM_ID_BYTES = 16;

const DEFAULT_DEADLINE_MS = 30_000;

/** How a device is now. */
export interface DevicePresence {
  readonly id: DeviceId;
  readonly name: string;
  readonly state: 'connected' | 'connecting' | 'offline';
  readonly path: ConnectionPath['kind'] | null;
  /** The relay its packets go through; `null` while they do not, or it is not known. */
  readonly relay: RelayUrl | null;
  readonly rttMs: number | null;
  /** What this device may use there, as it said last; `null` before its first word. */
  readonly services: readonly string[] | null;
}

export interface OpenOptions {
  readonly signal?: AbortSignal;
  /** Whether the stream outlives its connection. @defaultValue true */
  readonly resume?: boolean;
  /** How long to wait for the device and its answer, milliseconds. @defaultValue 30_000 */
  readonly deadlineMs?: number;
}

export interface AskOptions {
  readonly signal?: AbortSignal;
  /** How long to wait for the answer, milliseconds. @defaultValue 30_000 */
  readonly deadlineMs?: number;
}

/** Bytes that may be lost, doubled or overtaken, beside all streams. */
export interface DeviceDatagrams {
  /** Rejects with `LINK_DOWN` while the device is not connected, and with `DATAGRAM_TOO_LARGE` (data.maxBytes). */
  send(bytes: Uint8Array): Promise<void>;
  /** Hears those that come while it listens. */
  on(listener: (bytes: Uint8Array) => void): Cancel;
}

/**
 * One paired device. It outlives connections, restarts of either side and roaming; once the device is paired no more,
 * its methods reject with `DEVICE_UNKNOWN`.
 */
export interface Device {
  readonly id: DeviceId;
  /** How it is now: a new object after each change. */
  readonly snapshot: DevicePresence;
  on(event: 'changed', listener: (snapshot: DevicePresence) => void): Cancel;
  /** Opens a stream to a service of the device; waits for the device until the deadline. @throws SERVICE_REFUSED */
  open(service: string, options?: OpenOptions): Promise<DeviceStream>;
  /** Sends a request, a text as UTF-8, 16 MiB at most, and resolves to its answer. @throws REQUEST_FAILED, SERVICE_REFUSED */
  request(service: string, body: Uint8Array | string, options?: AskOptions): Promise<Uint8Array>;
  /** As the platform's `fetch`, of an HTTP server that the device serves. */
  fetch(service: string, path: string, init?: RequestInit): Promise<Response>;
  /** A stream as Node's own sockets are: it opens by itself and emits `connect`. */
  connect(service: string, options?: OpenOptions): Duplex;
  /** For `http.request({ agent })`: its connections are streams to the service. */
  agent(service: string, options?: AgentOptions): Agent;
  /** What this device may use there, asked now. @throws SERVICES_UNSUPPORTED */
  services(options?: AskOptions): Promise<readonly { readonly name: string }[]>;
  readonly datagrams: DeviceDatagrams;
  /** As {@link Host.block}. */
  block(): Promise<BlockedDevice>;
}

export const deviceHandle = (system: System, presence: DevicePresences, deviceId: DeviceId): Device => {
  const { client } = system.parts.services;

  const openStream = (
    service: string,
    options: OpenOptions & { readonly first?: Uint8Array; readonly isLast?: boolean } = {},
  ) => {
    const { signal, resume: isResumable = true, deadlineMs = DEFAULT_DEADLINE_MS, first, isLast = false } = options;
    return abortable(signal, async () => {
      const id = Buffer.from(system.random.bytes(STREAM_ID_BYTES)).toString('hex');
      const streamId = brandAs<ServiceStreamId>(id);
      const opening = { deviceId, service, streamId, isResumable, isLast, ...(first === undefined ? {} : { first }) };
      await client.request('open', opening, { deadlineMs, ...(signal === undefined ? {} : { signal }) });
      const name = system.peers.get(deviceId)?.device.name ?? deviceId;
      return deviceStream(client, streamId, service, { id: deviceId, name });
    });
  };

  const connect = (service: string, options: OpenOptions = {}): Duplex =>
    streamDuplex(
      openStream(service, options).then((stream) => {
        const reader = stream[Symbol.asyncIterator]();
        return {
          read: async () => {
            const { value, done } = await reader.next();
            return done === true ? null : value;
          },
          write: stream.write,
          end: stream.end,
          reset: () => stream.reset(),
        };
      }),
    );

  const request: Device['request'] = async (service, body, { signal, deadlineMs = DEFAULT_DEADLINE_MS } = {}) => {
    const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
    const first = Uint8Array.from(bytes.subarray(0, MAX_STREAM_WRITE_BYTES));
    const isLast = first.byteLength === bytes.byteLength;
    const deadline = AbortSignal.timeout(deadlineMs);
    const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    const stream = await openStream(service, { signal: either, deadlineMs, first, isLast });
    const onAbort = (): void => stream.reset();
    either.addEventListener('abort', onAbort, { once: true });
    try {
      if (!isLast) {
        await stream.write(bytes.subarray(first.byteLength));
        await stream.end();
      }
      return await readAnswer(stream);
    } catch (error) {
      either.throwIfAborted();
      throw error;
    } finally {
      either.removeEventListener('abort', onAbort);
    }
  };

  return {
    id: deviceId,
    get snapshot() {
      return presence.of(deviceId);
    },
    on: (event, listener) => {
      if (event !== 'changed') throw new InvalidOptionError('event', 'must be "changed"', event);
      return presence.onChanged((changed) => {
        if (changed.id !== deviceId) return;
        try {
          listener(changed);
        } catch (error) {
          system.logger.error({ event, reason: errorMessage(error) }, 'event listener failed');
        }
      });
    },
    open: openStream,
    request,
    fetch: (service, path, init) => serviceFetch(() => connect(service), service, path, init),
    connect,
    agent: (service, options) => serviceAgent(() => connect(service), options),
    services: ({ signal, deadlineMs = DEFAULT_DEADLINE_MS } = {}) =>
      abortable(signal, async () => {
        const asked = { deadlineMs, ...(signal === undefined ? {} : { signal }) };
        const { services } = await client.request('listServices', { deviceId }, asked);
        presence.noteServices(
          deviceId,
          services.map(({ name }) => name),
        );
        return services;
      }),
    block: async () => {
      const { device } = system.peers.get(deviceId) ?? {};
      if (device === undefined) throw new DeviceNotFoundError(deviceId, []);
      return blockEndpoint(system, device.endpointId);
    },
    datagrams: {
      send: (bytes) => client.request('sendDatagram', { deviceId, bytes: Uint8Array.from(bytes) }),
      on: (listener) =>
        client.on('datagram.received', (told) => {
          if (told.deviceId === deviceId) listener(told.bytes);
        }),
    },
  };
};
