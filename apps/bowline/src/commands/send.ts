import { BowlineError, errorCode } from '@bowline/contracts';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { DeviceAwayError } from '../errors.ts';
import { readText } from '../read-text.ts';

/** What one message may hold, less the byte that says it is text. */
const MAX_TEXT_BYTES = 262_143;

export const sendCommand = (): Command =>
  withDeviceOptions(new Command('send'))
    .description("send a message to a paired device's daemon")
    .argument('<device>', 'name, id or beginning of an id')
    .argument('<text>', 'the message, or - to read it from standard input')
    .action(send);

const send = async (device: string, text: string, options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const signal = interruption();
  const message = text === '-' ? await readText(process.stdin, MAX_TEXT_BYTES, 'A message') : text;
  await using daemon = await openDaemon(hostOptions, components);
  const { delivered, elapsedMs } = await daemon.channel
    .request('send', { device, text: message }, { signal })
    .catch((error: unknown) => {
      throw isAway(error) ? new DeviceAwayError(device) : error;
    });
  printer.result({ delivered, elapsedMs: Math.round(elapsedMs) }, `Delivered in ${Math.round(elapsedMs)} ms.`);
};

const isAway = (error: unknown): boolean =>
  errorCode(error) === 'CHANNEL_DEADLINE' ||
  (error instanceof BowlineError && error.code === 'MESSAGE_NOT_DELIVERED' && error.data.reason === 'away');
