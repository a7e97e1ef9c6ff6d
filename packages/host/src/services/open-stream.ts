import {
  brandAs,
  type ChannelClient,
  InvalidOptionError,
  MAX_STREAM_WRITE_BYTES,
  type Random,
  type ServiceStreamId,
  type ServicesChannel,
} from '@bowline/contracts';
import { unlessAborted } from './abort-error.ts';
import { deviceStream, type OwnStream, type StreamPeer } from './device-stream.ts';

/** How long a device may take that is not linked yet, milliseconds. */
export const DEFAULT_DEADLINE_MS = 30_000;

const STREAM_ID_BYTES = 16;

export interface OpenStreamComponents {
  readonly client: ChannelClient<ServicesChannel>;
  readonly random: Random;
  readonly device: StreamPeer;
}

/** How a stream is opened. */
export interface OpenStreamOptions {
  readonly signal?: AbortSignal | undefined;
  readonly isResumable?: boolean;
  readonly deadlineMs?: number;
  readonly first?: Uint8Array | undefined;
  readonly isLast?: boolean;
  /** Whether much is to be carried. */
  readonly isLarge?: boolean;
}

/** Opens a stream to a service of another device. */
export const openStream = (
  { client, random, device }: OpenStreamComponents,
  service: string,
  options: OpenStreamOptions,
): Promise<OwnStream> => {
  const {
    signal,
    isResumable = true,
    deadlineMs = DEFAULT_DEADLINE_MS,
    first,
    isLast = false,
    isLarge = false,
  } = options;
  if (first !== undefined && first.byteLength > MAX_STREAM_WRITE_BYTES) {
    throw new InvalidOptionError('open.first', `must be ${MAX_STREAM_WRITE_BYTES} bytes at most`, first.byteLength);
  }
  return unlessAborted(signal, async () => {
    const id = Buffer.from(random.bytes(STREAM_ID_BYTES)).toString('hex');
    const streamId = brandAs<ServiceStreamId>(id);
    const said = {
      ...(first === undefined ? {} : { first: Uint8Array.from(first) }),
      ...(isLarge ? { isLarge } : {}),
    };
    const opening = { deviceId: device.id, service, streamId, isResumable, isLast, ...said };
    await client.request('open', opening, { deadlineMs, ...(signal === undefined ? {} : { signal }) });
    return deviceStream(client, streamId, service, device);
  });
};
