import type { DeviceSummary, PeerDevice } from '@bowline/contracts';

/** The device a session pairs anew; `null` when what was known of it, if anything, is no pairing. */
export const renewed = (known: PeerDevice | null): DeviceSummary | null =>
  known?.pairingState === 'paired' ? { id: known.id, endpointId: known.endpointId, name: known.name } : null;

/** Whether a session ends with the handshake: the two are paired, and it may not pair them anew. */
export const isPairedAlready = (known: PeerDevice | null, mayRenew: boolean): boolean =>
  renewed(known) !== null && !mayRenew;
