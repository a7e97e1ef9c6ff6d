import { type Clock, errorMessage } from '@bowline/contracts';
import type { Access, RelayServer } from '@bowline/relay-server';
import type { Printer } from '../output/printer.ts';
import { certificateDateProblem, demandValidNow } from './certificate-dates.ts';
import { type FileWatch, fileWatch } from './file-watch.ts';
import type { HostedRelaySettings } from './relay-settings.ts';

/**
 * Keeps certificate and access rules of a running relay as their files say. A file that has become unusable changes
 * nothing, and is told about once; so is a certificate that expires while the relay runs.
 *
 * @param read everything anew, files included
 */
export const renewSettings = (
  server: RelayServer,
  first: HostedRelaySettings,
  read: () => Promise<HostedRelaySettings>,
  { clock, printer }: { readonly clock: Clock; readonly printer: Printer },
): FileWatch => {
  let current = first;
  let lastProblem = '';
  let lastInvalid: string | null = null;

  const lookAtDates = (): void => {
    const { tls } = current;
    const invalid = tls === null ? null : certificateDateProblem(tls.certificatePem, clock.nowMs());
    if (invalid !== null && invalid !== lastInvalid)
      printer.warning({
        event: 'certificateInvalid',
        message: `No device trusts this relay any more: ${invalid}. Renew it: the relay takes the new file within seconds.`,
      });
    lastInvalid = invalid;
  };

  const renew = (next: HostedRelaySettings): readonly string[] => {
    const renewed: string[] = [];
    if (next.tls !== null && current.tls !== null && !isSame(next.tls, current.tls)) {
      demandValidNow(next.tls, clock.nowMs());
      server.replaceTls(next.tls);
      current = { ...current, tls: next.tls };
      renewed.push('certificate');
    }
    if (!isSame(next.access, current.access)) {
      server.replaceAccess(next.access);
      for (const endpointId of deniedBy(next.access)) server.dismiss(endpointId);
      current = { ...current, access: next.access };
      renewed.push('access rules');
    }
    return renewed;
  };

  return fileWatch(clock, async () => {
    try {
      const renewed = renew(await read());
      lastProblem = '';
      if (renewed.length > 0) printer.result({ event: 'renewed', what: renewed }, `Renewed: ${renewed.join(', ')}.`);
    } catch (error) {
      const message = errorMessage(error);
      if (message === lastProblem) return;
      lastProblem = message;
      printer.result({ event: 'renewalFailed', message }, `Nothing was renewed, what held before holds on: ${message}`);
    } finally {
      lookAtDates();
    }
  });
};

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const deniedBy = (access: Access) => (access === 'everyone' ? [] : (access.deny ?? []));
