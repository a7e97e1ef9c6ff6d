import type { DeviceFacts, RelayDownReason, RelayFact } from '@bowline/contracts';
import type { CheckedDevice } from './checked-device.ts';

/** Whatever else is said of relays then, follows from it. A relay on this machine is reached all the same. */
export const hasNoNetwork = ({ families, bound }: DeviceFacts): boolean =>
  families.length === 0 && bound !== 'loopback';

/** Ends a sentence about what was not looked at, or cannot be. */
export const BECAUSE_NO_NETWORK = 'because this device is on no network';

/** Relays that this device uses for itself. */
export const ownRelaysOf = ({ relays: all, relayChoice }: DeviceFacts): readonly RelayFact[] =>
  relayChoice === 'disabled' ? [] : all.filter(({ role }) => role !== 'peer');

/** Whether a part of this device does not run, or runs and does not answer. */
export const isAway = ({ workers, silentWorkers }: CheckedDevice, worker: string): boolean =>
  silentWorkers.includes(worker) || workers.some(({ name, state }) => name === worker && state !== 'started');

/** Whether a relay is reached through the proxy, as far as is known. */
export const isProxied = ({ facts, proxy }: CheckedDevice, { url }: RelayFact): boolean =>
  facts.usesProxy && (proxy === null || proxy.relayUrls.includes(url));

/** Reasons behind which a proxy may be; what lies beyond one that works says the others. */
const MAY_BE_THE_PROXY: ReadonlySet<RelayDownReason | null> = new Set(['proxy', 'http', 'tls', 'protocol', 'timeout']);

/** Whether the proxy is what keeps this device from every relay that is reached through it. */
export const isProxyAtFault = (device: CheckedDevice): boolean => {
  const behind = ownRelaysOf(device.facts).filter((relay) => isProxied(device, relay));
  return (
    behind.length > 0 && behind.every(({ state, downReason }) => state !== 'connected' && mayBeTheProxy(downReason))
  );
};

export const mayBeTheProxy = (reason: RelayDownReason | null): boolean => MAY_BE_THE_PROXY.has(reason);

/** Certificates and codes that are shown bear a minute; beyond it they begin to fail. */
const CLOCK_OFF_MS = 60_000;

/**
 * How far the clock of this machine is ahead, milliseconds; `null` where no relay told the time. Relays disagree by a slow
 * answer; the one in the middle is believed.
 */
export const clockAhead = ({ clockAheadMs }: CheckedDevice): number | null => {
  const sorted = clockAheadMs.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
};

export const isClockOff = (device: CheckedDevice): boolean => Math.abs(clockAhead(device) ?? 0) >= CLOCK_OFF_MS;

/** Whether a relay is not used because its certificate is not valid by the clock of this device. */
export const hasDateTrouble = ({ state, downReason }: RelayFact): boolean =>
  state !== 'connected' && downReason === 'certificateDates';

const isMissing = ({ state, downReason }: RelayFact): boolean => state !== 'connected' && downReason === 'dns';

const isName = (host: string): boolean => /[a-z]/i.test(host) && !host.startsWith('[') && host !== 'localhost';

/** Relays whose names this device looks up itself. */
export const namedRelaysOf = (device: CheckedDevice): readonly RelayFact[] =>
  ownRelaysOf(device.facts).filter((relay) => isName(new URL(relay.url).hostname) && !isProxied(device, relay));

/** Those of them that are not found. */
export const missingNamesOf = (device: CheckedDevice): readonly RelayFact[] => namedRelaysOf(device).filter(isMissing);

/** Whether the name server is at fault: no name at all is found. */
export const isNothingFound = (device: CheckedDevice): boolean => {
  const named = namedRelaysOf(device);
  return named.length > 0 && named.every(isMissing);
};
