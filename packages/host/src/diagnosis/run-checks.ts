import { type DeviceCheck, errorCode, errorMessage, type WorkerReport } from '@bowline/contracts';
import { checkDevice, type ProxyReport } from '@bowline/diagnosis';
import { type ProbedRelay, probeRelaysAndClock } from '../probe-relays.ts';
import { toldProblem } from '../store-health.ts';
import type { System } from '../system.ts';
import { tcpReport } from '../tcp/tcp-report.ts';
import { WORKER_PATIENCE } from '../worker-patience.ts';
import { readDeviceFacts } from './device-facts.ts';
import { findFirewalls } from './find-firewalls.ts';

/** Checks this device alone: its relays are asked at this moment, of the rest it is read how it stands. */
export const runChecks = async (system: System): Promise<readonly DeviceCheck[]> => {
  const { own, parts, condition, storeHealth, identity, logger } = system;
  const silentWorkers: string[] = [];
  const withoutIt =
    ({ status }: { status(): WorkerReport }) =>
    (error: unknown): null => {
      const { name } = status();
      logger.debug({ worker: name, reason: errorMessage(error) }, 'worker left out of the checks');
      if (errorCode(error) === 'CHANNEL_DEADLINE') silentWorkers.push(name);
      return null;
    };
  const { endpointId } = identity;
  const [probed, multicast, portMapping, tcp, firewalls] = await Promise.all([
    probeRelaysAndClock(system, own.current.configuredRelayUrls),
    parts.mdns.client.request('readInterfaces', {}, WORKER_PATIENCE).catch(withoutIt(parts.mdns)),
    parts.endpoint.client.request('readPortMapping', { endpointId }, WORKER_PATIENCE).catch(withoutIt(parts.endpoint)),
    parts.tcp.client.request('status', {}, WORKER_PATIENCE).catch(withoutIt(parts.tcp)),
    findFirewalls(),
    parts.switchboard.client.request('status', {}, WORKER_PATIENCE).catch(withoutIt(parts.switchboard)),
  ]);
  return checkDevice({
    facts: await readDeviceFacts(system),
    workers: Object.values(parts)
      .flat()
      .map((part) => part.status()),
    silentWorkers,
    answers: probed.map(({ answer }) => answer),
    proxy: proxyReportOf(system, probed),
    clockAheadMs: probed.flatMap((relay) => relay.clockAheadMs ?? []),
    runtime: `Node.js ${process.versions.node} on ${process.platform} (${process.arch})`,
    openedPort: condition.openedPort,
    storeRemedy: toldProblem(storeHealth)?.remedy ?? null,
    storeKey: storeHealth.key,
    multicast: multicast?.interfaces ?? null,
    portMapping,
    tcp: tcpReport(system.options, tcp?.listeningAt ?? []),
    firewalls,
  });
};

/** Nothing is known of it where no relay could be asked. */
const proxyReportOf = ({ options }: System, probed: readonly ProbedRelay[]): ProxyReport | null => {
  if (options.relayAccess.proxy == null || probed.some(({ isProxied }) => isProxied === null)) return null;
  const behind = probed.filter(({ isProxied }) => isProxied === true);
  return {
    relayUrls: behind.map(({ answer }) => answer.url),
    problem: behind.find(({ reason }) => reason === 'proxy')?.detail ?? null,
  };
};
