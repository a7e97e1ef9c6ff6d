import type { SocketAddress } from '@bowline/contracts';
import { decodeFrame, encodeFrame, socketAddress } from '@bowline/wire-format';
import { z } from 'zod';

/** Largest frame of the conversation, bytes: an IPv6 address with its port takes 70. */
export const OBSERVE_MAX_FRAME_BYTES = 128;

const LIMITS = { maxBytes: OBSERVE_MAX_FRAME_BYTES, maxDepth: 1 } as const;

const askSchema = z.strictObject({ kind: z.literal('ask') });
const observedSchema = z.strictObject({ kind: z.literal('observed'), address: socketAddress });

/** What the device says first: a stream that nobody writes to does not exist for the other side. */
export const encodeAsk = (): Uint8Array<ArrayBuffer> => encodeFrame({ kind: 'ask' });

/** @throws `WireFormatError` (`WIRE_FORMAT_INVALID`) when the bytes are anything but an ask */
export const readAsk = (bytes: Uint8Array): void => {
  decodeFrame(bytes, askSchema, LIMITS);
};

/** The observer's answer. */
export const encodeObserved = (address: SocketAddress): Uint8Array<ArrayBuffer> =>
  encodeFrame({ kind: 'observed', address });

/** @throws `WireFormatError` (`WIRE_FORMAT_INVALID`) when the bytes are anything but an answer */
export const decodeObserved = (bytes: Uint8Array): SocketAddress => decodeFrame(bytes, observedSchema, LIMITS).address;
