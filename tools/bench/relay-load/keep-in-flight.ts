import { encodeDatagramToRelay } from '@bowline/relay-protocol';
import { messageOf, type RawClient } from './raw-client.ts';

const CONTENT_BYTES = 1_200;
const ACKNOWLEDGEMENT_BYTES = 40;
/** Datagrams in flight unless told otherwise. */
export const USUAL_IN_FLIGHT = 32;

/** Bytes of one datagram on its way to a client: WebSocket header, type, key, ECN, contents. */
const DELIVERED_BYTES = 4 + 1 + 32 + 1 + CONTENT_BYTES;

/** How a load differs from the plain one. */
export interface LoadShape {
  /** Datagrams in flight. @defaultValue {@link USUAL_IN_FLIGHT} */
  readonly inFlight?: number;
  /** As for `messageOf`; 0 spares the load generator's neighbours work that iroh's clients would cause. */
  readonly mask?: number;
  /** Whether what arrives together is answered with a small datagram, as QUIC acknowledges. */
  readonly isAcknowledged?: boolean;
}

/** Keeps datagrams of 1,200 bytes in flight: sends one for each that arrived. */
export const keepInFlight = (
  sender: RawClient,
  receiver: RawClient,
  onDelivered: (count: number) => void,
  { inFlight = USUAL_IN_FLIGHT, isAcknowledged = false, mask = 0 }: LoadShape = {},
): void => {
  const datagramTo = ({ endpointKey }: RawClient, sizeBytes: number): Buffer => {
    const contents = new Uint8Array(sizeBytes);
    return messageOf(encodeDatagramToRelay({ endpointKey, ecn: 0, segmentBytes: null, contents }), mask);
  };
  const datagram = datagramTo(receiver, CONTENT_BYTES);
  const acknowledgement = datagramTo(sender, ACKNOWLEDGEMENT_BYTES);
  const bursts = Array.from({ length: inFlight + 1 }, (_, count) => Buffer.concat(Array(count).fill(datagram)));
  let receivedBytes = 0;
  receiver.socket.on('data', (chunk: Buffer) => {
    receivedBytes += chunk.length;
    const count = Math.floor(receivedBytes / DELIVERED_BYTES);
    receivedBytes -= count * DELIVERED_BYTES;
    if (count === 0) return;
    onDelivered(count);
    sender.socket.write(bursts[count] ?? Buffer.alloc(0));
    if (isAcknowledged) receiver.socket.write(acknowledgement);
  });
  sender.socket.resume();
  sender.socket.write(bursts[inFlight] ?? Buffer.alloc(0));
};
