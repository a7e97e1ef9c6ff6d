import type { Agent, AgentOptions } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type BlockedDevice,
  type Cancel,
  type ChannelClient,
  type DeviceId,
  type DevicePresence,
  errorMessage,
  InvalidOptionError,
  type Logger,
  MAX_STREAM_WRITE_BYTES,
  type Random,
  type ServicesChannel,
} from '@bowline/contracts';

import { checkFields } from '../check-fields.ts';
import { AbortError } from '../errors.ts';
import type { EventHub } from '../event-hub.ts';
import type { Host, KeepOptions, SendOptions } from '../host.ts';
import type { MessageBody } from '../message-body.ts';
import type { KeptMessage } from '../wiring/send-kept-messages.ts';
import { unlessAborted } from './abort-error.ts';
import type { DevicePresences } from './device-presences.ts';
import type { DeviceStream } from './device-stream.ts';
import { DEFAULT_DEADLINE_MS, openStream } from './open-stream.ts';
import { readAnswer } from './request-answer.ts';
import { serviceAgent, serviceFetch } from './service-fetch.ts';
import { streamDuplex } from './stream-duplex.ts';

export interface OpenOptions {
  readonly signal?: AbortSignal;
  /** Whether the stream outlives its connection. @defaultValue true */
  readonly resume?: boolean;
  /** How long to wait for the device and its answer, milliseconds. @defaultValue 30_000 */
  readonly deadlineMs?: number;
  /** Sent with the opening, so that a small exchange takes one round trip; 65,536 bytes at most. @defaultValue nothing */
  readonly first?: Uint8Array;
  /** Whether nothing follows `first`: this direction is ended. @defaultValue false */
  readonly isLast?: boolean;
}

export interface AskOptions {
  readonly signal?: AbortSignal;
  /** How long to wait for the answer, milliseconds. @defaultValue 30_000 */
  readonly deadlineMs?: number;
}

/** A message that came from a device. */
export interface DeviceMessage {
  readonly body: MessageBody;
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
  /** Hears the messages of this device as they come. It takes none; that is for the host's `onMessage`. */
  on(event: 'message', listener: (message: DeviceMessage) => void): Cancel;
  /** As the host's `send`, to this device. */
  send(body: MessageBody, options?: SendOptions): Promise<{ readonly elapsedMs: number }>;
  send(body: MessageBody, options: KeepOptions): Promise<KeptMessage>;
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

/** What a handle needs: who keeps the streams, and how the device is. */
export interface DeviceHandleComponents {
  readonly services: ChannelClient<ServicesChannel>;
  readonly presence: Pick<DevicePresences, 'of' | 'noteServices' | 'onChanged'>;
  readonly nameOf: (deviceId: DeviceId) => string;
  readonly hub: Pick<EventHub, 'on'>;
  readonly send: Host['send'];
  readonly block: Host['block'];
  readonly random: Random;
  readonly logger: Logger;
}

const OPEN_OPTION_NAMES = {
  signal: true,
  resume: true,
  deadlineMs: true,
  first: true,
  isLast: true,
} as const satisfies Record<keyof OpenOptions, true>;

export const deviceHandle = (components: DeviceHandleComponents, deviceId: DeviceId): Device => {
  const { services: client, presence, nameOf, hub, send, block, random, logger } = components;

  const open = async (service: string, options: OpenOptions = {}) => {
    checkFields('open', options, OPEN_OPTION_NAMES);
    const { signal, resume: isResumable = true, deadlineMs = DEFAULT_DEADLINE_MS, first, isLast = false } = options;
    const given = { signal, isResumable, deadlineMs, first, isLast };
    return openStream({ client, random, device: { id: deviceId, name: nameOf(deviceId) } }, service, given);
  };

  const connect = (service: string, options: OpenOptions = {}): Duplex =>
    streamDuplex(
      open(service, options).then((stream) => {
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
    const first = bytes.subarray(0, MAX_STREAM_WRITE_BYTES);
    const isLast = first.byteLength === bytes.byteLength;
    const deadline = AbortSignal.timeout(deadlineMs);
    const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    /** Whose end it was: the caller's own signal is said, and that the time is over. */
    const endedBy = (error: unknown): unknown => {
      if (signal?.aborted === true) return new AbortError(signal);
      return either.aborted && error instanceof AbortError ? either.reason : error;
    };
    const stream = await open(service, { signal: either, deadlineMs, first, isLast }).catch((error: unknown) => {
      throw endedBy(error);
    });
    const onAbort = (): void => stream.reset();
    either.addEventListener('abort', onAbort, { once: true });
    try {
      if (!isLast) {
        await stream.write(bytes.subarray(first.byteLength));
        await stream.end();
      }
      return await readAnswer(stream);
    } catch (error) {
      throw either.aborted ? endedBy(either.reason) : error;
    } finally {
      either.removeEventListener('abort', onAbort);
    }
  };

  return {
    id: deviceId,
    get snapshot() {
      return presence.of(deviceId);
    },
    on: (event: string, listener: (told: never) => void) => {
      if (event === 'message') {
        return hub.on('message.received', ({ from, text, bytes }) => {
          const message: DeviceMessage = { body: text ?? bytes ?? '' };
          if (from === deviceId) listener(message as never);
        });
      }
      if (event !== 'changed') throw new InvalidOptionError('event', 'must be "changed" or "message"', event);
      return presence.onChanged((changed) => {
        if (changed.id !== deviceId) return;
        try {
          listener(changed as never);
        } catch (error) {
          logger.error({ event, reason: errorMessage(error) }, 'event listener failed');
        }
      });
    },
    send: ((body: MessageBody, options: SendOptions) => send(deviceId, body, options)) as Device['send'],
    open,
    request,
    fetch: (service, path, init) => serviceFetch(() => connect(service), service, path, init),
    connect,
    agent: (service, options) => serviceAgent(() => connect(service), options),
    services: ({ signal, deadlineMs = DEFAULT_DEADLINE_MS } = {}) =>
      unlessAborted(signal, async () => {
        const asked = { deadlineMs, ...(signal === undefined ? {} : { signal }) };
        const { services } = await client.request('listServices', { deviceId }, asked);
        presence.noteServices(
          deviceId,
          services.map(({ name }) => name),
        );
        return services;
      }),
    block: () => block(deviceId),
    datagrams: {
      send: (bytes) => client.request('sendDatagram', { deviceId, bytes: Uint8Array.from(bytes) }),
      on: (listener) =>
        client.on('datagram.received', (told) => {
          if (told.deviceId === deviceId) listener(told.bytes);
        }),
    },
  };
};
