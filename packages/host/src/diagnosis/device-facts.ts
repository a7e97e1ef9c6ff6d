import type { AskedObservers, DeviceFacts, RelayStatus, SeenReport } from '@bowline/contracts';
import { localIpsOf } from '../network-fingerprint.ts';
import { outerFamiliesOf } from '../outer-families.ts';
import { ownVersion } from '../own-version.ts';
import { readSeenReport } from '../seen-report.ts';
import { addressDiscoveryOf, mdnsReport } from '../status.ts';
import { toldProblem } from '../store-health.ts';
import type { System } from '../system.ts';
import { WORKER_PATIENCE } from '../worker-patience.ts';

/** Relays of this device, and of its peers, that are told; the own ones first. */
const MAX_RELAYS = 8;

/** Observers that were asked, each with several packets, and did not answer, before UDP counts as blocked. */
const SILENT_OBSERVERS = 2;

const VERSION = ownVersion();

/** The relays in use; none while the switchboard is being restarted. */
export const readRelays = async ({ parts, logger }: System): Promise<readonly RelayStatus[]> => {
  try {
    return (await parts.switchboard.client.request('status', {}, WORKER_PATIENCE)).relays;
  } catch (error) {
    logger.debug({ reason: String(error) }, 'relays left out of the facts');
    return [];
  }
};

/** The facts now, from the workers that hold them. */
export const readDeviceFacts = async (system: System): Promise<DeviceFacts> => {
  const [relays, seen] = await Promise.all([readRelays(system), readSeenReport(system)]);
  return deviceFactsOf(system, relays, seen);
};

/** What this device knows of itself, as it tells it to the devices it is paired with. Neither addresses nor devices are in it. */
export const deviceFactsOf = (
  system: System,
  relays: readonly RelayStatus[],
  { asked, addresses, nat }: SeenReport,
): DeviceFacts => {
  const { clock, own, options, networkInterfaces, condition, storeHealth } = system;
  const mdns = mdnsReport(system);
  const interfaces = networkInterfaces();
  const localIps = localIpsOf(interfaces);
  const discovery = addressDiscoveryOf(own.current, localIps, addresses);
  const isHomeConnected = relays.some(({ url, state }) => url === own.current.relayUrls[0] && state === 'connected');
  return {
    atMs: clock.nowMs(),
    version: VERSION,
    nat,
    udp: udpOf(asked, (discovery?.addresses.length ?? 0) > 0, isHomeConnected),
    hasObserver: asked.hasObserver || discovery !== null,
    bound: boundOf(system),
    families: outerFamiliesOf(interfaces),
    relayChoice: own.current.relayChoice,
    usesProxy: options.relayAccess.proxy != null,
    relays: ownFirst(relays).slice(0, MAX_RELAYS).map(relayFactOf),
    mdns: mdns.state,
    mdnsProblem: mdns.problem,
    storeProblem: toldProblem(storeHealth)?.code ?? null,
    timerDelayMs: condition.timerDelayMs,
  };
};

/** Silence says something only as long as the relay beside the observers is there. */
const udpOf = (
  { hasAnswered, silentCount }: AskedObservers,
  isDiscovered: boolean,
  isHomeConnected: boolean,
): DeviceFacts['udp'] => {
  if (silentCount >= SILENT_OBSERVERS && isHomeConnected && !isDiscovered) return 'blocked';
  return (hasAnswered && silentCount === 0) || isDiscovered ? 'works' : 'unknown';
};

const boundOf = ({ own, options }: System): DeviceFacts['bound'] => {
  if (own.current.bound === null) return 'nowhere';
  if (options.isLoopbackOnly) return 'loopback';
  return options.bind.length === 0 ? 'everywhere' : 'some';
};

const ownFirst = (relays: readonly RelayStatus[]): readonly RelayStatus[] => [
  ...relays.filter(({ role }) => role === 'home'),
  ...relays.filter(({ role }) => role === 'standby'),
  ...relays.filter(({ role }) => role === 'peer'),
];

const relayFactOf = ({ url, role, state, downReason, rttMs }: RelayStatus): DeviceFacts['relays'][number] => ({
  url,
  role,
  state,
  downReason,
  rttMs: rttMs === null ? null : Math.round(rttMs * 100) / 100,
});
