import { hkdfSync } from 'node:crypto';
import type { EndpointId, TcpKey } from '@bowline/contracts';

/** Bytes of what each side adds to the keys of one link. */
export const TCP_SHARE_BYTES = 32;

/** What one side of a link has said of itself. */
export interface TcpSide {
  readonly endpointId: EndpointId;
  /** Random, of {@link TCP_SHARE_BYTES}, fresh for each link; a secret of the two. */
  readonly share: Uint8Array;
}

const LABEL = 'bowline tcp 1';
const IDENTITY_BYTES = 16;
const SECRET_BYTES = 32;

/**
 * The key of the TCP connections that one side of a link dials. Those of the other side have another one: with one for both,
 * somebody between the two could lead a device back to itself.
 */
export const tcpKey = (dialler: TcpSide, acceptor: TcpSide): TcpKey => {
  const material = Buffer.concat([dialler.share, acceptor.share]);
  const info = `${LABEL} ${dialler.endpointId} ${acceptor.endpointId}`;
  const derived = new Uint8Array(hkdfSync('sha256', material, new Uint8Array(), info, IDENTITY_BYTES + SECRET_BYTES));
  return {
    identity: Buffer.from(derived.subarray(0, IDENTITY_BYTES)).toString('hex'),
    secret: derived.slice(IDENTITY_BYTES),
  };
};
