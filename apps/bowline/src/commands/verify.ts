import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { hasConsent } from '../consent.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { WrongUseError } from '../errors.ts';
import { shownName } from '../output/shown-name.ts';
import { relativeTime } from '../output/times.ts';

interface VerifyOptions extends DeviceOptions {
  readonly mark?: boolean;
  readonly unmark?: boolean;
}

/** Digits in groups of five, four groups a line. */
export const groupedDigits = (digits: string): string =>
  (digits.match(/.{1,20}/g) ?? []).map((line) => `  ${(line.match(/.{1,5}/g) ?? []).join(' ')}`).join('\n');

export const verifyCommand = (): Command =>
  withDeviceOptions(new Command('verify'))
    .description('show the digits by which you compare the identities of two devices')
    .argument('<device>', 'name, id or beginning of an id')
    .option('--mark', 'you have compared them, and they are the same')
    .option('--unmark', 'take that back')
    .action(async (device: string, options: VerifyOptions) => {
      if (options.mark && options.unmark) throw new WrongUseError('Give either --mark or --unmark.');
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
      const mark = options.mark ? true : options.unmark ? false : undefined;
      const request = { device, ...(mark === undefined ? {} : { mark }) };
      const { device: found, digits, comparedAtMs } = await daemon.channel.request('verify', request);
      const compared =
        comparedAtMs === null
          ? 'Not compared yet.'
          : `Compared ${relativeTime(comparedAtMs, components.clock.nowMs())}, and found the same.`;
      const { id, name } = found;
      printer.result(
        { event: 'verify', device: { id, name }, digits, comparedAtMs },
        `${shownName(name)} must show the same digits ("bowline verify" there):\n\n${groupedDigits(digits)}\n\n${compared}`,
      );
      if (comparedAtMs !== null || mark !== undefined || printer.isJson) return;
      const question = `Does ${shownName(name)} show the same?`;
      const isEqual = await hasConsent(question);
      if (isEqual === null) return;
      if (isEqual) {
        await daemon.channel.request('verify', { device: id, mark: true });
        printer.note('Marked as compared.');
      } else {
        printer.note('Not marked. If the digits differ, unpair the device and pair it again.');
      }
    });
