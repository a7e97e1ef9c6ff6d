import type { PeerDevice } from '@bowline/contracts';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { openAnswers } from '../daemon/device-answers.ts';
import { lastHeardAtMs } from '../output/json-shapes.ts';
import { peerStateCell } from '../output/phrases.ts';
import { shownName } from '../output/shown-name.ts';
import { type Cell, table } from '../output/table.ts';
import { lookOf, type TerminalLook } from '../output/terminal-look.ts';
import { relativeTime } from '../output/times.ts';

export const devicesCommand = (): Command =>
  withDeviceOptions(new Command('devices')).description('list the paired devices').action(devices);

const devices = async (options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  await using answers = await openAnswers(hostOptions, components, printer);
  const paired = await answers.devices();
  const peers = await answers.peers();
  const nowMs = components.clock.nowMs();
  const heard = paired.map((device) => {
    const report = peers.find(({ id }) => id === device.id);
    return {
      ...device,
      isConnected: report?.state === 'connected',
      lastSeenAtMs: lastHeardAtMs(device, report, nowMs),
    };
  });
  printer.result(
    { event: 'devices', devices: heard.map(listed) },
    { drawn: devicesPage(heard, nowMs, lookOf(process.stdout)) },
  );
};

/** The stable fields of a device. */
const listed = ({ id, endpointId, name, platform, pairingState, pairedAtMs, lastSeenAtMs, relayInfo }: PeerDevice) => ({
  id,
  endpointId,
  name,
  platform,
  pairingState,
  pairedAtMs,
  lastSeenAtMs,
  homeRelayUrl: relayInfo?.homeRelayUrl ?? null,
});

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
