import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** One start of a device. */
export interface StartClaim {
  readonly incarnation: number;
  /** Which run it is: 16 random hexadecimal digits, other ones for every start and every copy. */
  readonly instance: string;
}

const LABEL = 'bowline start claim 1';

/** Bytes of the proof: nobody else can make one in 2^128 tries. */
const PROOF_BYTES = 16;

/** What a peer may keep and hand back: it is not read by anybody but the device that made it. */
export const CLAIM_PATTERN: RegExp = /^[0-9a-f .]{1,160}$/;

/**
 * What a device gives its peers to keep, so that it can be shown how far it was when it has forgotten: its incarnation and
 * run, and a proof that only the holder of its key can have made. The key for that is derived: the endpoint's own signs
 * nothing here.
 *
 * @param secretKey the 32 bytes of the endpoint's key; a secret
 */
export const startClaim = (secretKey: Uint8Array, { incarnation, instance }: StartClaim): string =>
  `${incarnation} ${instance} ${proofOf(secretKey, `${incarnation} ${instance}`).toString('hex')}`;

/** Reads a claim that was handed back; `null` for one that this device has not made. */
export const readStartClaim = (secretKey: Uint8Array, text: string): StartClaim | null => {
  const [, incarnation, instance, proof] = /^([0-9]{1,16}) ([0-9a-f]{16}) ([0-9a-f]{32})$/.exec(text) ?? [];
  if (incarnation === undefined || instance === undefined || proof === undefined) return null;
  const isOurs = timingSafeEqual(Buffer.from(proof, 'hex'), proofOf(secretKey, `${incarnation} ${instance}`));
  const count = Number(incarnation);
  return isOurs && Number.isSafeInteger(count) ? { incarnation: count, instance } : null;
};

const proofOf = (secretKey: Uint8Array, text: string): Buffer => {
  const key = hkdfSync('sha256', secretKey, new Uint8Array(), LABEL, 32);
  return createHmac('sha256', new Uint8Array(key)).update(text).digest().subarray(0, PROOF_BYTES);
};
