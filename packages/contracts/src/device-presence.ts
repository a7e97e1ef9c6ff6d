import type { ConnectionPath } from './addresses.ts';
import type { DeviceId, RelayUrl } from './ids.ts';

/** How a paired device is now. */
export interface DevicePresence {
  readonly id: DeviceId;
  readonly name: string;
  readonly state: 'connected' | 'connecting' | 'offline';
  readonly path: ConnectionPath['kind'] | null;
  /** The relay its packets go through; `null` while they do not, or it is not known. */
  readonly relay: RelayUrl | null;
  readonly rttMs: number | null;
  /** What this device may use there, as it said last; `null` before its first word. */
  readonly services: readonly string[] | null;
}
