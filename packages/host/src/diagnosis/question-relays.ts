import type { DeviceId, RelayUrl } from '@bowline/contracts';
import { relayDownPhrase } from '@bowline/diagnosis/phrases';
import { type ProbedRelay, probeRelaysAndClock } from '../probe-relays.ts';
import type { System } from '../system.ts';
import { readRelays } from './device-facts.ts';

const hostOf = (url: RelayUrl): string => new URL(url).hostname;

/** Relays that this device or the other one uses. */
const relaysOf = ({ own, peers }: System, deviceId: DeviceId): readonly RelayUrl[] => [
  ...new Set([...own.current.configuredRelayUrls, ...(peers.get(deviceId)?.device.relayInfo?.relayUrls ?? [])]),
];

/**
 * Asks the relays of both at this moment. What this device's own connection has come to says more where there is one: it knows
 * authorities, proxy and token.
 */
export const askRelays = async (system: System, deviceId: DeviceId): Promise<string> => {
  const urls = relaysOf(system, deviceId);
  if (urls.length === 0) return 'there is no relay to ask';
  const [probed, own] = await Promise.all([probeRelaysAndClock(system, urls), readRelays(system)]);
  return probed
    .map((each) => {
      const connection = own.find(({ url }) => url === each.answer.url);
      if (connection?.state === 'connected') return `${hostOf(each.answer.url)} is connected`;
      return `${hostOf(each.answer.url)} ${answerOf(each, connection?.downReason ?? null)}`;
    })
    .join('; ');
};

const answerOf = (
  { answer, reason }: ProbedRelay,
  downReason: Parameters<typeof relayDownPhrase>[0] | null,
): string => {
  if (answer.problem === null) {
    return downReason === null ? 'answered' : `answered, and is not connected: ${relayDownPhrase(downReason)}`;
  }
  const why = downReason ?? reason;
  return `is not connected: ${why === null ? answer.problem : relayDownPhrase(why)}`;
};

const apart = (aheadMs: number): string =>
  `${Math.round(Math.abs(aheadMs) / 1_000)} s ${aheadMs < 0 ? 'behind' : 'ahead of'}`;

/** Compares the clock of this machine with those of relays that answer. */
export const compareClocks = async (system: System, deviceId: DeviceId): Promise<string> => {
  const probed = await probeRelaysAndClock(system, relaysOf(system, deviceId));
  const told = probed.flatMap(({ answer, clockAheadMs }) =>
    clockAheadMs === null ? [] : [`${apart(clockAheadMs)} that of ${hostOf(answer.url)}`],
  );
  return told.length === 0 ? 'no relay told the time' : `this clock is ${told.join(', ')}`;
};
