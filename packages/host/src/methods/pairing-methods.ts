import { InvalidOptionError, parseHostPort } from '@bowline/contracts';
import { abortable } from '../abortable.ts';
import { checkFields } from '../check-fields.ts';
import type { Host, JoinOptions, PairOptions } from '../host.ts';
import type { RunningHost } from '../open-host.ts';
import { pairingHandles } from '../pairing-handles.ts';

/** How long a pairing code lives unless asked otherwise: time enough to walk to the other device. */
const DEFAULT_CODE_TTL_MS = 300_000;

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

export const pairingMethods = (now: () => RunningHost): Pick<Host, 'pair' | 'join'> => ({
  pair: async (options = {}) => {
    checkFields('pair', options, PAIR_OPTION_NAMES);
    const { ttlMs = DEFAULT_CODE_TTL_MS, policy = 'ask', shareRelayToken = false, renew = false } = options;
    const { rendezvousPort: port } = options;
    const { system, composition } = now();
    const relayTokens = shareRelayToken ? composition.relayTokens() : [];
    const at = port === undefined ? {} : { rendezvousAt: { port, bindAddresses: system.options.bind } };
    return pairingHandles(system).offer({ ttlMs, policy, relayTokens, renew, ...at });
  },
  join: async (code, options = {}) => {
    checkFields('join', options, JOIN_OPTION_NAMES);
    const { policy = 'accept', renew = false, at, signal, sessionId } = options;
    if (at !== undefined && parseHostPort(at) === undefined) {
      throw new InvalidOptionError('at', 'must be HOST:PORT, with an IPv6 address in brackets', at);
    }
    const hints = at === undefined ? [] : [at];
    const input = { code, policy, renew, hints, ...(sessionId === undefined ? {} : { sessionId }) };
    return abortable(signal, () => pairingHandles(now().system).join(input, signal));
  },
});
