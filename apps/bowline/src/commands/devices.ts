import type { PeerDevice } from '@bowline/contracts';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { openAnswers } from '../daemon/device-answers.ts';
import { lastHeardAtMs, permissionsOf, servicesFor } from '../output/json-shapes.ts';
import { peerStateCell } from '../output/phrases.ts';
import { shownName } from '../output/shown-name.ts';
import { type Cell, table } from '../output/table.ts';
import { lookOf, type TerminalLook } from '../output/terminal-look.ts';
import { relativeTime } from '../output/times.ts';

interface DevicesOptions extends DeviceOptions {
  readonly verbose?: boolean;
}

export const devicesCommand = (): Command =>
  withDeviceOptions(new Command('devices'))
    .description('list the paired devices')
    .option('-v, --verbose', 'also notes, what was compared, and what each device may do')
    .action(devices);

const devices = async (options: DevicesOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  await using answers = await openAnswers(hostOptions, components, printer);
  const paired = await answers.devices();
  const peers = await answers.peers();
  const served = await answers.served();
  const nowMs = components.clock.nowMs();
  const heard = paired.map((device) => {
    const report = peers.find(({ id }) => id === device.id);
    return {
      ...device,
      isConnected: report?.state === 'connected',
      lastSeenAtMs: lastHeardAtMs(device, report, nowMs),
    };
  });
  const look = lookOf(process.stdout);
  const servicesOf = ({ id }: PeerDevice) => (served === null ? null : servicesFor(id, served));
  const pages = [
    devicesPage(heard, nowMs, look),
    ...(options.verbose ? heard.map((device) => trustPage(device, servicesOf(device), nowMs)) : []),
  ];
  printer.result(
    { event: 'devices', devices: heard.map((device) => ({ ...listed(device), services: servicesOf(device) })) },
    { drawn: pages.join('\n\n') },
  );
};

/** The stable fields of a device. */
const listed = (device: PeerDevice) => {
  const { id, endpointId, name, platform, pairingState, pairedAtMs, lastSeenAtMs, relayInfo, note, comparedAtMs } =
    device;
  return {
    id,
    endpointId,
    name,
    platform,
    pairingState,
    pairedAtMs,
    lastSeenAtMs,
    homeRelayUrl: relayInfo?.homeRelayUrl ?? null,
    note: note ?? null,
    comparedAtMs: comparedAtMs ?? null,
    permissions: permissionsOf(device),
  };
};

type TrustedDevice = Pick<PeerDevice, 'name' | 'pairedAtMs' | 'note' | 'comparedAtMs' | 'permissions'>;

/** What was decided and noted of a device. @param services what it may use; `null`: not known */
export const trustPage = (device: TrustedDevice, services: readonly string[] | null, nowMs: number): string => {
  const { name, pairedAtMs, note, comparedAtMs } = device;
  const used = services === null ? 'known while this device runs' : services.join(', ') || 'none';
  return [
    shownName(name),
    ...(note === undefined ? [] : [`  note: ${note}`]),
    `  paired ${relativeTime(pairedAtMs, nowMs)}`,
    `  identity ${comparedAtMs === undefined ? 'not compared' : `compared ${relativeTime(comparedAtMs, nowMs)}`}`,
    `  may be sent, and send, messages`,
    `  may use services: ${used}`,
    `  through relays: ${permissionsOf(device).relay === 'allow' ? 'yes' : 'no'}`,
    `  is told this device's addresses and relays`,
  ].join('\n');
};

type ListedDevice = Pick<PeerDevice, 'id' | 'name' | 'platform' | 'lastSeenAtMs'> & { readonly isConnected: boolean };

/** The devices as a table; it may be drawn. */
export const devicesPage = (paired: readonly ListedDevice[], nowMs: number, look: TerminalLook): string => {
  if (paired.length === 0) return 'No device is paired yet. Start with: bowline pair';
  const heads = ['Name', 'Id', 'Platform', 'Last seen'].map((text): Cell => ({ text, tone: 'quiet' }));
  const rows = paired.map(({ id, name, platform, lastSeenAtMs, isConnected }): readonly Cell[] => [
    shownName(name),
    id,
    platform,
    isConnected ? peerStateCell('connected') : lastSeenAtMs === null ? 'not yet' : relativeTime(lastSeenAtMs, nowMs),
  ]);
  return table([heads, ...rows], look);
};
