import type { ConfirmationPolicy, PairingSessionId } from '@bowline/contracts';
import type { HonestDevice } from './honest/honest-device.ts';
import type { Air } from './raw/air.ts';
import type { Ledger } from './raw/ledger.ts';
import type { RawEndpoint, RawEndpointOptions, Target } from './raw/raw-endpoint.ts';

export type Scale = 'short' | 'full';

/** A code an honest device shows. */
export interface Offer {
  readonly sessionId: PairingSessionId;
  readonly words: string;
  readonly ticket: string;
}

/** What an attack has to work with. */
export interface Scene {
  readonly scale: Scale;
  /** Shows the code. Announced on the network, or silent: then nobody but the attacker seems to have the code. */
  readonly initiator: HonestDevice;
  readonly joiner: HonestDevice;
  /** A third honest device, paired with nobody. */
  readonly bystander: HonestDevice;
  /** For the honest devices, and for those attacks that say they hold the code. */
  readonly offer: Offer;
  /** The tag of the code, as mDNS shows it. */
  readonly tag: string;
  readonly targets: {
    readonly initiator: Target;
    readonly joiner: Target;
    /** What a relay's operator sees of the code; `null` for an initiator without a relay. */
    readonly rendezvous: Target | null;
  };
  readonly air: Air;
  readonly ledger: Ledger;
  /** Ends when the attack has had its time. */
  readonly signal: AbortSignal;
  /** A fresh endpoint, closed with the scene. */
  stranger(options?: Partial<RawEndpointOptions>): Promise<RawEndpoint>;
  offerAgain(policy: ConfirmationPolicy): Promise<Offer>;
  /** Counts something for the line of this attack. @param times `1` unless said */
  tally(what: string, times?: number): void;
  /** Something happened that must not. */
  breach(what: string): void;
}

/** One attack. It does its worst and returns; what is left of the honest devices is looked at by the aftermath. */
export interface Attack {
  readonly name: string;
  readonly initiator: 'announced' | 'silent';
  readonly policy: ConfirmationPolicy;
  /** Milliseconds after which `signal` ends it. */
  readonly limitMs: Readonly<Record<Scale, number>>;
  /** Resolves with whether the code is spent, so that the honest devices need another. */
  readonly run: (scene: Scene) => Promise<'code is open' | 'code is spent'>;
}
