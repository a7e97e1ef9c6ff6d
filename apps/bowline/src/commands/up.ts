import { cleanDisplayName, type RelayReport } from '@bowline/contracts';
import { Command } from 'commander';
import { aborted, commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { isDaemonRunning } from '../daemon/daemon-client.ts';
import { daemonServer } from '../daemon/daemon-server.ts';
import { DaemonRunningError } from '../errors.ts';
import { relaysJson } from '../output/json-shapes.ts';
import { relayDownAdvice } from '../output/phrases.ts';
import { discreetSentence } from '../output/sentences.ts';
import { nameNote, shownName } from '../output/shown-name.ts';

export const upCommand = (): Command =>
  withDeviceOptions(new Command('up'))
    .description('run the daemon in the foreground, until SIGTERM or Ctrl-C')
    .action(up);

const up = async (options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions, components, environment } = commandContext(options);
  const signal = interruption();
  if (await isDaemonRunning(hostOptions.dataDir, components)) throw new DaemonRunningError(hostOptions.dataDir);

  const { createHost } = await import('@bowline/host');
  const host = createHost(hostOptions, components);
  const server = daemonServer(host, { dataDir: hostOptions.dataDir, ...environment.socketFolders }, components);
  try {
    await host.start();
    await server.start();
    const { device } = host;
    const { relays } = await host.status();
    printer.result(
      { event: 'ready', device, pid: process.pid, relays: relaysJson(relays) },
      `${shownName(device.name)} (${device.id}) is up. In another terminal: bowline pair`,
    );
    for (const note of startNotes(relays)) printer.note(note);
    const named = options.name === undefined ? null : nameNote(options.name, device.name);
    if (named !== null && cleanDisplayName(options.name ?? '') === device.name) printer.note(named);
    const cancel = host.onAny((event) => printer.note(discreetSentence(event)));
    await aborted(signal);
    cancel();
  } finally {
    await server.stop();
    await host.stop();
  }
};

/** Which relays a device starts without, and why. */
export const startNotes = (relays: readonly RelayReport[]): readonly string[] => {
  const down = relays.filter(({ state }) => state === 'down');
  const notes = down.map(
    ({ url, downReason }) =>
      `Without ${url} for now: ${downReason === null ? 'it is down' : relayDownAdvice(downReason)}.`,
  );
  const isCutOff = down.length > 0 && down.length === relays.length;
  return isCutOff ? [...notes, 'No relay can be used yet: only devices on this network can reach this one.'] : notes;
};
