import type { WaitingMessage } from '@bowline/contracts';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { shownName } from '../output/shown-name.ts';
import { localTime } from '../output/times.ts';

interface MessagesOptions extends DeviceOptions {
  readonly from?: string;
  readonly take?: boolean;
}

/** Messages asked for, and taken, at once. */
const PAGE = 100;

export const messagesCommand = (): Command =>
  withDeviceOptions(new Command('messages'))
    .description('print the messages that nobody has taken yet')
    .option('--from <device>', 'of this device alone: name, id or beginning of an id')
    .option('--take', 'take them: they are not printed again, and leave room for more')
    .action(messages);

const messages = async (options: MessagesOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  await using daemon = await openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
  let afterPosition = 0;
  let count = 0;
  for (;;) {
    const page = { device: options.from ?? null, afterPosition, limit: PAGE };
    const { messages: waiting } = await daemon.channel.request('messages', page);
    const last = waiting.at(-1);
    if (last === undefined) break;
    for (const message of waiting) printer.result({ event: 'message', ...message }, messageLine(message));
    // Printed first: whatever ends this command between the two, a message is rather seen twice than never.
    if (options.take === true) {
      await daemon.channel.request('takeMessages', { positions: waiting.map(({ position }) => position) });
    }
    afterPosition = last.position;
    count += waiting.length;
  }
  if (count === 0) printer.note('No message waits.');
};

const messageLine = ({ atMs, from, text, bytesBase64 }: WaitingMessage): string =>
  `${localTime(atMs)}  ${shownName(from.name)}: ${text?.replaceAll('\n', '\\n') ?? `(base64) ${bytesBase64}`}`;
