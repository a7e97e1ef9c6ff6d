import { BowlineError, errorCode, MAX_MESSAGE_BODY_BYTES } from '@bowline/contracts';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { DeviceAwayError } from '../errors.ts';
import { progressOn } from '../output/progress.ts';
import { readBytes } from '../read-bytes.ts';

export const sendCommand = (): Command =>
  withDeviceOptions(new Command('send'))
    .description("send a message to a paired device's daemon")
    .argument('<device>', 'name, id or beginning of an id')
    .argument('<text...>', 'the message, with or without quotes; - sends standard input, byte for byte')
    .action(send);

const send = async (device: string, words: readonly string[], options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const signal = interruption();
  const text = words.join(' ');
  const body = text === '-' ? bodyOf(await readBytes(process.stdin, MAX_MESSAGE_BODY_BYTES, 'A message')) : { text };
  await using daemon = await openDaemon(hostOptions, components, {
    isForKnownDevice: true,
    note: printer.note,
  });
  const progress = progressOn(process.stderr, components.clock, printer.isJson);
  progress.say(`Waiting for ${device} to take it`);
  const { delivered, elapsedMs } = await daemon.channel
    .request('send', { device, ...body }, { signal })
    .catch((error: unknown) => {
      throw isAway(error) ? new DeviceAwayError(device) : error;
    })
    .finally(() => progress.stop());
  printer.result(
    { event: 'delivered', delivered, elapsedMs: Math.round(elapsedMs) },
    `Delivered in ${Math.round(elapsedMs)} ms.`,
  );
};

/** Text as text, so that the other side can read it; anything else as the bytes it is. */
export const bodyOf = (bytes: Buffer): { readonly text: string } | { readonly bytesBase64: string } => {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { bytesBase64: bytes.toString('base64') };
  }
};

const isAway = (error: unknown): boolean =>
  errorCode(error) === 'CHANNEL_DEADLINE' ||
  (error instanceof BowlineError && error.code === 'MESSAGE_NOT_DELIVERED' && error.data.reason === 'away');
