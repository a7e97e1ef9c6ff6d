import type { DeviceCheck } from '@bowline/contracts';
import { checkDevice } from '@bowline/diagnosis';
import { probeRelays } from '../probe-relays.ts';
import type { System } from '../system.ts';
import { readDeviceFacts } from './device-facts.ts';

/** Checks this device alone: its relays are asked at this moment, of the rest it is read how it stands. */
export const runChecks = async (system: System): Promise<readonly DeviceCheck[]> => {
  const { jobs, own, parts, storeHealth } = system;
  const answers = await probeRelays(jobs, own.current.configuredRelayUrls);
  return checkDevice({
    facts: await readDeviceFacts(system),
    workers: Object.values(parts)
      .flat()
      .map((part) => part.status()),
    answers,
    storeRemedy: storeHealth.problem?.remedy ?? null,
  });
};
