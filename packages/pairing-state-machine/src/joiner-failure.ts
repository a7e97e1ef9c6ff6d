import type { PeerDevice } from '@bowline/contracts';
import { type PairingFailure, pairingFailure } from './pairing-failure.ts';

/** The initiator as a session has stored it: `pending`, or `paired` where it was to be paired anew. */
type Stored = Pick<PeerDevice, 'pairingState'> | null;

export const rejectedHere = pairingFailure('REJECTED', {
  reason: 'The pairing was rejected on this device. Nothing was stored.',
});

/** What is left when this side's confirm is out and nothing came back. */
export const unsettled = (stored: Stored): PairingFailure =>
  pairingFailure('CONNECTION_LOST', {
    reason:
      stored?.pairingState === 'paired'
        ? 'The connection broke at the last moment and did not come back, so the other device may have paired this one anew. The earlier pairing stays stored here; if the two do not connect any more, pair them anew with a new code.'
        : 'The connection broke at the last moment and did not come back, so the other device may have stored the pairing. The two settle it at their next contact; if the other device does not list this one, start again with a new code.',
  });

/** The initiator has stored the pairing, and the store of this device has refused it. */
export const unstored = (stored: Stored, failure: PairingFailure): PairingFailure => ({
  ...failure,
  reason: `${failure.reason} ${
    stored?.pairingState === 'paired'
      ? 'The other device has paired this one anew already, and the earlier pairing stays stored here; if the two do not connect any more, pair them anew with a new code.'
      : 'The other device has stored the pairing already, and the two settle it at their next contact.'
  }`,
});

/** The person wants no pairing that the initiator may have stored already. */
export const takenBack = (stored: Stored): PairingFailure =>
  pairingFailure('CANCELLED', {
    reason:
      stored?.pairingState === 'paired'
        ? 'Pairing anew was cancelled on this device, and the earlier pairing stays stored here. The other device may have paired this one anew already; if the two do not connect any more, pair them anew with a new code.'
        : 'The pairing was cancelled on this device and nothing stays stored here. The other device may have stored it already; it is told at their next contact.',
  });

/** Every answer shows a holder of the code the digits of that handshake, whether it goes on with it or not. */
export const tooManyHandshakes = pairingFailure('CODE_BURNT', {
  reason:
    'The pairing was given up because the connection broke too often while it began. Somebody may have seen the code: show a new one and try again.',
});
