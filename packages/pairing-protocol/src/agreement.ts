import type { PeerLocation } from '@bowline/contracts';
import { encodeFrame } from '@bowline/wire-format';
import { z } from 'zod';
import { PairingProtocolError } from './errors.ts';
import { acceptSchema, confirmSchema, MAX_ADDRESSES, MAX_RELAYS, readFrame } from './pair-frames.ts';

/** The person (or the policy) on this side agrees. */
export const acceptFrame = (): Uint8Array => encodeFrame({ type: 'accept' });

/** This side has the other stored, the joiner as `pending`, the initiator as `paired`; and this is where to find it. */
export const confirmFrame = ({ relayUrls, directAddresses }: PeerLocation): Uint8Array =>
  encodeFrame({
    type: 'confirm',
    relayUrls: relayUrls.slice(0, MAX_RELAYS),
    directAddresses: directAddresses.slice(0, MAX_ADDRESSES),
  });

/** What the other side said after the handshake. */
export type AgreementStep =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'confirmed'; readonly location: PeerLocation };

/** Reads what follows a finished handshake: one `accept`, then one `confirm` once this side allows it. */
export interface Agreement {
  /**
   * From now on a `confirm` is in order. The initiator allows it with its own `accept`, the joiner with its own
   * `confirm`; a `confirm` before that would promote a device nobody agreed to.
   */
  allowConfirm(): void;
  /** @throws {@link PairingProtocolError} `protocol-error` for a frame that is not in order. */
  receive(frame: Uint8Array): AgreementStep;
}

const acceptOrConfirm = z.discriminatedUnion('type', [acceptSchema, confirmSchema]);

export const agreement = (): Agreement => {
  let isConfirmAllowed = false;
  let heard: 'nothing' | 'accept' | 'confirm' = 'nothing';
  return {
    allowConfirm: () => {
      isConfirmAllowed = true;
    },
    receive: (bytes) => {
      const frame = readFrame(bytes, acceptOrConfirm);
      if (frame.type === 'accept' && heard === 'nothing') {
        heard = 'accept';
        return { kind: 'accepted' };
      }
      if (frame.type === 'confirm' && heard === 'accept' && isConfirmAllowed) {
        heard = 'confirm';
        const { relayUrls, directAddresses } = frame;
        return { kind: 'confirmed', location: { relayUrls, directAddresses } };
      }
      throw new PairingProtocolError('protocol-error', `${frame.type} out of order`);
    },
  };
};
