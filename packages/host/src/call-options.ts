import { type ConfirmationPolicy, InvalidOptionError, type PairingSessionId, parseHostPort } from '@bowline/contracts';
import { checkFields } from './check-fields.ts';
import type { ExplainOptions, JoinOptions, KeepOptions, PairOptions, PushOptions, SendOptions } from './host.ts';

/** How long a pairing code lives unless asked otherwise: time enough to walk to the other device. */
const DEFAULT_CODE_TTL_MS = 300_000;

const EXPLAIN_OPTION_NAMES = { tryRemedies: true } as const satisfies Record<keyof ExplainOptions, true>;

const PAIR_OPTION_NAMES = {
  ttlMs: true,
  policy: true,
  shareRelayToken: true,
  renew: true,
  rendezvousPort: true,
} as const satisfies Record<keyof PairOptions, true>;

const JOIN_OPTION_NAMES = {
  policy: true,
  renew: true,
  at: true,
  sessionId: true,
  signal: true,
} as const satisfies Record<keyof JoinOptions, true>;

const SEND_OPTION_NAMES = {
  deadlineMs: true,
  signal: true,
  persist: true,
} as const satisfies Record<keyof SendOptions | keyof KeepOptions, true>;

const PUSH_OPTION_NAMES = {
  signal: true,
  onProgress: true,
} as const satisfies Record<keyof PushOptions, true>;

/** What `pair` was asked for, with its defaults. */
export interface ResolvedPairOptions {
  readonly ttlMs: number;
  readonly policy: ConfirmationPolicy;
  readonly shareRelayToken: boolean;
  readonly renew: boolean;
  readonly rendezvousPort?: number;
}

/** @throws {@link InvalidOptionError} for an option there is not */
export const resolvePairOptions = (options: PairOptions): ResolvedPairOptions => {
  checkFields('pair', options, PAIR_OPTION_NAMES);
  const { ttlMs = DEFAULT_CODE_TTL_MS, policy = 'ask', shareRelayToken = false, renew = false } = options;
  const { rendezvousPort } = options;
  return { ttlMs, policy, shareRelayToken, renew, ...(rendezvousPort === undefined ? {} : { rendezvousPort }) };
};

/** What `join` was asked for, with its defaults. */
export interface ResolvedJoinOptions {
  readonly policy: ConfirmationPolicy;
  readonly renew: boolean;
  /** Where the other device may be: none, or its `at`. */
  readonly hints: readonly string[];
  readonly sessionId?: PairingSessionId;
}

/** @throws {@link InvalidOptionError} for an option there is not, and for an `at` that is no HOST:PORT */
export const resolveJoinOptions = (options: JoinOptions): ResolvedJoinOptions => {
  checkFields('join', options, JOIN_OPTION_NAMES);
  const { policy = 'accept', renew = false, at, sessionId } = options;
  if (at !== undefined && parseHostPort(at) === undefined) {
    throw new InvalidOptionError('at', 'must be HOST:PORT, with an IPv6 address in brackets', at);
  }
  return {
    policy,
    renew,
    hints: at === undefined ? [] : [at],
    ...(sessionId === undefined ? {} : { sessionId }),
  };
};

/** @throws {@link InvalidOptionError} for an option there is not */
export const checkSendOptions = (options: SendOptions | KeepOptions): void =>
  checkFields('send', options, SEND_OPTION_NAMES);

/** @throws {@link InvalidOptionError} for an option there is not */
export const checkPushOptions = (options: PushOptions): void => checkFields('push', options, PUSH_OPTION_NAMES);

/** @throws {@link InvalidOptionError} for an option there is not */
export const checkExplainOptions = (options: ExplainOptions): void =>
  checkFields('explain', options, EXPLAIN_OPTION_NAMES);
