import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { encodeFrame } from '@bowline/wire-format';

/** HMAC-SHA256 and SHA-256 both give 32 bytes; nonces are as long. */
export const PROOF_BYTES = 32;

/** What a proof is about. Every purpose has a label of its own, so that no proof can stand for another. */
export type ProofLabel =
  | 'hello'
  | 'refusal'
  | 'initiator'
  | 'joiner'
  | 'initiator card'
  | 'joiner done'
  | 'authentication string'
  | 'rendezvous ask'
  | 'rendezvous address'
  | 'rendezvous refusal';

/** HMAC-SHA256 over the canonical CBOR of `[label, ...parts]`: one encoding for one content, whatever the parts hold. */
export const proofOf = (key: Uint8Array, label: ProofLabel, parts: readonly unknown[]): Uint8Array =>
  new Uint8Array(
    createHmac('sha256', key)
      .update(encodeFrame([label, ...parts]))
      .digest(),
  );

/** Whether two proofs are equal, in a time that does not depend on where they differ. */
export const isSameProof = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right);

/** What a joiner shows of its nonce before it shows the nonce. */
export const commitmentTo = (nonce: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update('bowline pairing nonce\0').update(nonce).digest());
