import { hkdfSync } from 'node:crypto';
import { brandAs, type EndpointId, endpointIdOf, type PairingSessionId } from '@bowline/contracts';

/** HKDF's salt: separates these keys from anything else somebody may derive from the same words. */
const SALT = 'bowline pairing code 1';

/** HKDF's info, one for each purpose; a key that becomes known tells nothing about the others or the code. */
const LABELS = {
  lanTag: 'lan tag',
  relayOrderSeed: 'relay order seed',
  sessionId: 'session id',
  rendezvousSecretKey: 'rendezvous endpoint key',
  rendezvousProofKey: 'rendezvous proof key',
  lookupKey: 'lookup key',
  proofKey: 'proof key',
} as const;

/** Everything both devices derive from one code. */
export interface PairingKeys {
  /** Shown by mDNS while the code is open; one-way. 32 lower-case hex digits. */
  readonly lanTag: string;
  /** Orders the public relays for the rendezvous; one-way. 32 lower-case hex digits. */
  readonly relayOrderSeed: string;
  /** Names the session in logs and events; proves nothing. 16 lower-case hex digits. */
  readonly sessionId: PairingSessionId;
  /** Ed25519 seed of the rendezvous endpoint, 32 bytes. A secret. */
  readonly rendezvousSecretKey: Uint8Array;
  readonly rendezvousEndpointId: EndpointId;
  /** MAC key of `bowline/rendezvous/1`, 32 bytes. A secret. */
  readonly rendezvousProofKey: Uint8Array;
  /** MAC key with which a joiner says which code it holds, 32 bytes. A secret. */
  readonly lookupKey: Uint8Array;
  /** MAC key of `bowline/pair/1`, 32 bytes. A secret. */
  readonly proofKey: Uint8Array;
}

/**
 * The key schedule: HKDF-SHA256 of the code's 16 bytes, one label for each purpose.
 * Two devices with the same words have the same keys, and nobody else can have any of them.
 */
export const derivePairingKeys = (entropy: Uint8Array): PairingKeys => {
  const derive = (label: string, sizeBytes: number): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', entropy, SALT, label, sizeBytes));
  const deriveHex = (label: string, sizeBytes: number): string => Buffer.from(derive(label, sizeBytes)).toString('hex');
  const rendezvousSecretKey = derive(LABELS.rendezvousSecretKey, 32);
  return {
    lanTag: deriveHex(LABELS.lanTag, 16),
    relayOrderSeed: deriveHex(LABELS.relayOrderSeed, 16),
    sessionId: brandAs<PairingSessionId>(deriveHex(LABELS.sessionId, 8)),
    rendezvousSecretKey,
    rendezvousEndpointId: endpointIdOf(rendezvousSecretKey),
    rendezvousProofKey: derive(LABELS.rendezvousProofKey, 32),
    lookupKey: derive(LABELS.lookupKey, 32),
    proofKey: derive(LABELS.proofKey, 32),
  };
};
