import type { Clock, Emit, Logger, Random, RelaySwitchboardChannel } from '@bowline/contracts';
import type { RouteKey } from '@bowline/relay-protocol';
import type { RelaySwitchboardOptions } from './options.ts';
import type { DialRelay } from './relay-transport.ts';

/** What a {@link Switchboard} is given. */
export interface SwitchboardComponents {
  readonly options: RelaySwitchboardOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly emit: Emit<RelaySwitchboardChannel>;
  readonly dial: DialRelay;
  /** Hands a frame to the endpoint on loopback. */
  readonly deliver: (key: RouteKey, frame: Uint8Array, peer: RouteKey) => void;
  readonly isOwnChallenge: (challenge: Uint8Array) => boolean;
  /** Port of the loopback relay; `null` while it is not open. */
  readonly loopbackPort: () => number | null;
}
