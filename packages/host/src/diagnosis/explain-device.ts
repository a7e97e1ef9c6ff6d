import { type DeviceDiagnosis, type DeviceId, errorMessage } from '@bowline/contracts';
import { explain, type TriedRemedies } from '@bowline/diagnosis';
import { DeviceNotFoundError } from '../errors.ts';
import { readSeenReport } from '../seen-report.ts';
import type { System } from '../system.ts';
import { WORKER_PATIENCE } from '../worker-patience.ts';
import { type ConnectionSources, connectionFactsOf } from './connection-facts.ts';
import { deviceFactsOf, readRelays } from './device-facts.ts';
import { tryRemedies } from './try-remedies.ts';

/**
 * Why a paired device is connected as it is, or is not. @param isTrying whether this device tries what it can by itself, which
 * takes up to eleven seconds, and then says how it stands after that. @throws DeviceNotFoundError
 */
export const explainDevice = async (system: System, deviceId: DeviceId, isTrying = false): Promise<DeviceDiagnosis> => {
  const before = await judge(system, deviceId, {});
  if (!isTrying) return before;
  const tried = await tryRemedies(
    system,
    deviceId,
    before.remedies.map(({ code }) => code),
  );
  return judge(system, deviceId, tried);
};

const judge = async (system: System, deviceId: DeviceId, tried: TriedRemedies): Promise<DeviceDiagnosis> => {
  const { parts, peers, clock, options, networkInterfaces } = system;
  const withoutIt = (error: unknown): null => {
    system.logger.debug({ reason: errorMessage(error) }, 'worker left out of a diagnosis');
    return null;
  };
  const [relays, links, tcp, traffic, seen, absences] = await Promise.all([
    readRelays(system),
    parts.links.client.request('status', {}, WORKER_PATIENCE).catch(withoutIt),
    parts.tcp.client.request('status', {}, WORKER_PATIENCE).catch(withoutIt),
    parts.switchboard.client.request('traffic', {}, WORKER_PATIENCE).catch(withoutIt),
    readSeenReport(system),
    absencesOf(system, deviceId).catch(withoutIt),
  ]);
  const peer = peers.get(deviceId);
  if (peer === undefined) {
    throw new DeviceNotFoundError(
      deviceId,
      peers.list().map(({ name }) => name),
    );
  }
  const { id, name } = peer.device;
  const link = links?.links.find((each) => each.deviceId === deviceId);
  const { connectionId = null } = link ?? {};
  const [inspected, measured] =
    connectionId === null
      ? []
      : await Promise.all([
          parts.endpoint.client.request('inspect', { connectionId }, WORKER_PATIENCE).catch(withoutIt),
          parts.links.client.request('measurements', { deviceId }, WORKER_PATIENCE).catch(withoutIt),
        ]);
  const connection = connectionFactsOf({
    peer,
    link,
    lossRatio: inspected?.lossRatio ?? null,
    tcpFailureThere: measured?.tcpFailureThere ?? null,
    directPeers: [...peers.peers()].filter(({ path }) => path?.kind === 'direct'),
    lossRatioThere: measured?.lossRatioThere ?? null,
    roundTrips: [...(measured?.roundTrips ?? []), ...(inspected?.roundTrips ?? [])],
    relays,
    tcp,
    isTcpOn: options.tcp,
    nowMs: clock.nowMs(),
    traffic,
    observations: seen.observed,
    absences: absences ?? [],
    interfaces: networkInterfaces(),
  });
  const situation = {
    nowMs: clock.nowMs(),
    name,
    here: deviceFactsOf(system, relays, seen),
    there: peer.toldFacts?.facts ?? null,
    thereAtMs: peer.toldFacts?.atMs ?? null,
    connection,
  };
  const diagnosis = explain(situation, tried);
  return { device: { id, name }, state: connection.state, path: connection.path?.kind ?? null, ...diagnosis };
};

/** Which relays say that a device is not there; when, by the wall clock of this device. */
const absencesOf = async (
  { parts, peers, clock }: System,
  deviceId: DeviceId,
): Promise<ConnectionSources['absences']> => {
  const endpointId = peers.get(deviceId)?.device.endpointId;
  if (endpointId === undefined) return [];
  const { absences } = await parts.switchboard.client.request('absences', { endpointId }, WORKER_PATIENCE);
  return absences.map(({ relayUrl, agoMs }) => ({ url: relayUrl, atMs: Math.round(clock.nowMs() - agoMs) }));
};
