import { encodeFrame } from '@bowline/wire-format';
import { z } from 'zod';
import { PairingProtocolError } from './errors.ts';
import { acceptSchema, confirmSchema, readFrame } from './pair-frames.ts';

/** The person (or the policy) on this side agrees. */
export const acceptFrame = (): Uint8Array => encodeFrame({ type: 'accept' });

/** This side has the other stored: the joiner as `pending`, the initiator as `paired`. */
export const confirmFrame = (): Uint8Array => encodeFrame({ type: 'confirm' });

/** What the other side said after the handshake. */
export type AgreementStep = 'accepted' | 'confirmed';

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
      const { type } = readFrame(bytes, acceptOrConfirm);
      if (type === 'accept' && heard === 'nothing') {
        heard = 'accept';
        return 'accepted';
      }
      if (type === 'confirm' && heard === 'accept' && isConfirmAllowed) {
        heard = 'confirm';
        return 'confirmed';
      }
      throw new PairingProtocolError('protocol-error', `${type} out of order`);
    },
  };
};
