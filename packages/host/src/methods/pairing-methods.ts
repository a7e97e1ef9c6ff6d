import type { PairingSessionId } from '@bowline/contracts';
import { abortable } from '../abortable.ts';
import { resolveJoinOptions, resolvePairOptions } from '../call-options.ts';
import type { Host } from '../host.ts';
import type { RunningHost } from '../open-host.ts';
import { pairingHandles } from '../pairing-handles.ts';
import type { System } from '../system.ts';

export const pairingMethods = (now: () => RunningHost): Pick<Host, 'pair' | 'join'> => ({
  pair: async (options = {}) => {
    const { shareRelayToken, rendezvousPort: port, ...rest } = resolvePairOptions(options);
    const { system, composition } = now();
    const relayTokens = shareRelayToken ? composition.relayTokens() : [];
    const at = port === undefined ? {} : { rendezvousAt: { port, bindAddresses: system.options.bind } };
    const input = { ...rest, relayTokens, ...at };
    return handlesOf(system).offer(() => system.parts.pairing.client.request('offer', input));
  },
  join: async (code, options = {}) => {
    const { policy, renew, sessionId, hints } = resolveJoinOptions(options);
    const { signal } = options;
    const input = { code, policy, renew, hints };
    return abortable(signal, () => {
      const { system } = now();
      const { client } = system.parts.pairing;
      const begin = (id: PairingSessionId) => client.request('join', { ...input, sessionId: id });
      return handlesOf(system).join(begin, { sessionId, signal });
    });
  },
});

const handlesOf = (system: System) => {
  const { client } = system.parts.pairing;
  return pairingHandles({
    ...system,
    decide: (input) => client.request('decide', input),
    cancel: (sessionId) => client.request('cancel', { sessionId }),
  });
};
