import type { Host } from '../host.ts';
import type { RunningHost } from '../open-host.ts';
import { resolveRelayChoice, storableRelayChoice } from '../options.ts';
import { relayVerdicts } from '../relay-verdicts.ts';

type RelayMethods = Pick<Host, 'setRelays' | 'setRelayBudget' | 'dropRelay' | 'traffic'>;

export const relayMethods = (now: () => RunningHost): RelayMethods => ({
  setRelays: async (choice) => {
    const { system, composition } = now();
    const checked = resolveRelayChoice(choice);
    const value = storableRelayChoice(checked);
    await system.parts.persistence.client.request('putSetting', { name: 'relay', value });
    const verdicts = relayVerdicts(system);
    try {
      await composition.chooseRelays(checked);
      return await verdicts.answers(system.own.current.configuredRelayUrls);
    } finally {
      verdicts.cancel();
    }
  },
  setRelayBudget: async (budget) => now().composition.limitTraffic(budget),
  dropRelay: async (relayUrl) => {
    const { switchboard } = now().system.parts;
    return (await switchboard.client.request('dropRelay', { relayUrl })).wasConnected;
  },
  traffic: () => now().system.parts.switchboard.client.request('traffic', {}),
});
