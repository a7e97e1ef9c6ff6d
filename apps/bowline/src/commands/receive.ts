import { resolve } from 'node:path';
import type { ReceivingReport } from '@bowline/contracts';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { WrongUseError } from '../errors.ts';
import { byteCount, byteCountOf } from '../output/byte-count.ts';
import { peopleOf } from './serve.ts';

interface ReceiveCommandOptions extends DeviceOptions {
  readonly from?: readonly string[];
  readonly limit?: string;
  readonly off?: boolean;
}

const NOTHING_RECEIVED = 'Nothing is received. Begin with: bowline receive DIR --from DEVICE';

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
  // A device is made to receive, and not to be asked whether it does.
  const how = dir === undefined ? { isForKnownDevice: true, note: printer.note } : {};
  await using daemon = await openDaemon(hostOptions, components, how);
  const { channel } = daemon;
  const hint = daemon.isTemporary ? ' No daemon runs now; it does so as soon as one runs: bowline up' : '';
  const tell = async (now: ReceivingReport): Promise<void> => {
    const from = now.from === 'paired' ? ['*'] : now.from;
    const { devices } = await channel.request('devices', {});
    const sentence = `Receiving into ${now.dir} from ${peopleOf(from, devices)}, at most ${byteCount(now.maxBytes)} a push.`;
    printer.result({ event: 'receiving', dir: now.dir, from }, `${sentence}${hint}`);
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
    if (receiving !== null) return await tell(receiving);
    printer.result({ event: 'receiving', dir: null, from: [] }, NOTHING_RECEIVED);
    return;
  }
  const bound = maxBytes === null ? {} : { maxBytes };
  const { receiving } = await channel.request('receive', { dir: resolve(dir), from: from ?? 'paired', ...bound });
  await tell(receiving);
};
