import { resolve } from 'node:path';
import type { ReceivingReport } from '@bowline/contracts';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { WrongUseError } from '../errors.ts';
import { byteCount, byteCountOf } from '../output/byte-count.ts';

interface ReceiveCommandOptions extends DeviceOptions {
  readonly from?: readonly string[];
  readonly limit?: string;
  readonly off?: boolean;
}

export const receiveCommand = (): Command =>
  withDeviceOptions(new Command('receive'))
    .description('receive what paired devices push, into one folder; kept by the daemon until --off')
    .argument('[dir]', 'folder, which must be there; without it, says what is received')
    .option('--from <device...>', 'from these devices alone; otherwise from every paired one')
    .option('--limit <size>', 'most bytes of one push, such as 20GB (64GiB unless said)')
    .option('--off', 'receive nothing more')
    .action(receive);

const receive = async (dir: string | undefined, options: ReceiveCommandOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const { from, limit } = options;
  const isOff = options.off === true;
  if ((isOff || dir === undefined) && (from !== undefined || limit !== undefined || (isOff && dir !== undefined))) {
    throw new WrongUseError(isOff ? '--off takes nothing else.' : 'Say into which folder.');
  }
  const maxBytes = limit === undefined ? null : byteCountOf('--limit', limit);
  if (limit !== undefined && maxBytes === null) throw new WrongUseError('--limit takes a size such as 20GB.');
  await using daemon = await openDaemon(hostOptions, components);
  const { channel } = daemon;
  const hint = daemon.isTemporary ? ' No daemon runs now; it does so as soon as one runs: bowline up' : '';
  const tell = (now: ReceivingReport): void => {
    const from = now.from === 'paired' ? ['*'] : now.from;
    printer.result({ event: 'receiving', dir: now.dir, from }, `${sentence(now)}${hint}`);
  };
  if (isOff) {
    const { wasReceiving } = await channel.request('receiveOff', {});
    printer.result(
      { event: 'receivingOff', wasReceiving },
      wasReceiving ? 'Nothing is received any more.' : 'Nothing was received.',
    );
    return;
  }
  if (dir === undefined) {
    const { receiving } = await channel.request('receiving', {});
    if (receiving === null) printer.note('Nothing is received. Begin with: bowline receive DIR --from DEVICE');
    else tell(receiving);
    return;
  }
  const bound = maxBytes === null ? {} : { maxBytes };
  const { receiving } = await channel.request('receive', { dir: resolve(dir), from: from ?? 'paired', ...bound });
  tell(receiving);
};

const sentence = ({ dir, from, maxBytes }: ReceivingReport): string => {
  const who = from === 'paired' ? 'every paired device' : from.join(', ');
  return `Receiving into ${dir} from ${who}, at most ${byteCount(maxBytes)} a push.`;
};
