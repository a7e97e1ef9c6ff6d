import type { Readable } from 'node:stream';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { WrongUseError } from '../errors.ts';

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
  const message = text === '-' ? await readText(process.stdin) : text;
  await using daemon = await openDaemon(hostOptions, components);
  const { delivered, elapsedMs } = await daemon.channel.request('send', { device, text: message }, { signal });
  printer.result({ delivered, elapsedMs: Math.round(elapsedMs) }, `Delivered in ${Math.round(elapsedMs)} ms.`);
};

/** Reads all of a stream, but no more than a message may hold. @throws WrongUseError */
const readText = async (input: Readable): Promise<string> => {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of input) {
    chunks.push(chunk as Buffer);
    sizeBytes += (chunk as Buffer).byteLength;
    if (sizeBytes > MAX_TEXT_BYTES) throw new WrongUseError(`A message holds at most ${MAX_TEXT_BYTES} bytes.`);
  }
  return Buffer.concat(chunks).toString('utf8');
};
