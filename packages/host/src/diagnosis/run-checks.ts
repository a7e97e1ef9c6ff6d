import type { DeviceCheck } from '@bowline/contracts';
import { checkDevice } from '@bowline/diagnosis';
import { probeRelaysAndClock } from '../probe-relays.ts';
import type { System } from '../system.ts';
import { readDeviceFacts } from './device-facts.ts';

/** Checks this device alone: its relays are asked at this moment, of the rest it is read how it stands. */
export const runChecks = async (system: System): Promise<readonly DeviceCheck[]> => {
  const { jobs, own, parts, condition, storeHealth } = system;
  const probed = await probeRelaysAndClock(jobs, own.current.configuredRelayUrls);
  return checkDevice({
    facts: await readDeviceFacts(system),
    workers: Object.values(parts)
      .flat()
      .map((part) => part.status()),
    answers: probed.map(({ answer }) => answer),
    clockAheadMs: probed.flatMap((relay) => relay.clockAheadMs ?? []),
    runtime: `Node.js ${process.versions.node} on ${process.platform} (${process.arch})`,
    openedPort: condition.openedPort,
    storeRemedy: storeHealth.problem?.remedy ?? null,
  });
};
