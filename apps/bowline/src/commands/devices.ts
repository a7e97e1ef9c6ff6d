import type { PeerDevice } from '@bowline/contracts';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { openAnswers } from '../daemon/device-answers.ts';
import { table } from '../output/table.ts';

export const devicesCommand = (): Command =>
  withDeviceOptions(new Command('devices')).description('list the paired devices').action(devices);

const devices = async (options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  await using answers = await openAnswers(hostOptions, components, printer);
  const paired = await answers.devices();
  printer.result({ devices: paired.map(listed) }, page(paired));
};

/** The stable fields of a device. */
const listed = ({ id, endpointId, name, platform, pairingState, pairedAtMs, lastSeenAtMs, relayInfo }: PeerDevice) => ({
  id,
  endpointId,
  name,
  platform,
  pairingState,
  pairedAt: new Date(pairedAtMs).toISOString(),
  lastSeenAt: lastSeenAtMs === null ? null : new Date(lastSeenAtMs).toISOString(),
  homeRelayUrl: relayInfo?.homeRelayUrl ?? null,
});

const page = (paired: readonly PeerDevice[]): string =>
  paired.length === 0
    ? 'No device is paired yet. Start with: bowline pair'
    : table(
        paired.map(({ id, name, platform, lastSeenAtMs }) => [
          name,
          id,
          platform,
          lastSeenAtMs === null ? 'not seen yet' : `last seen ${new Date(lastSeenAtMs).toLocaleString()}`,
        ]),
      );
