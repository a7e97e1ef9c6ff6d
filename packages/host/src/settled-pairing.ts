import type { PeerDevice } from '@bowline/contracts';

/** Longer than any step after the proof may take. */
const SETTLING_MS = 60_000;

/** Whether both sides have long stored a pairing: only then does a device that does not know us mean it. */
export const isSettledPairing = ({ pairedAtMs }: Pick<PeerDevice, 'pairedAtMs'>, nowMs: number): boolean =>
  nowMs - pairedAtMs > SETTLING_MS;
