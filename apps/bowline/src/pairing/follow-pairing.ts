import type { ConnectedChannel } from '@bowline/channel';
import type { DaemonChannel, EventPayload, HostEvent, PairingSessionId } from '@bowline/contracts';
import { BowlineError } from '@bowline/contracts';
import { EXIT_CODES, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import type { Printer } from '../output/printer.ts';
import { pathPhrase } from '../output/sentences.ts';
import { askToAccept } from './ask-to-accept.ts';
import { namesakeNote } from './namesake-note.ts';

interface FollowOptions {
  readonly channel: ConnectedChannel<DaemonChannel>;
  readonly printer: Printer;
  /** The person ended the command: the session is cancelled. */
  readonly signal: AbortSignal;
  readonly isOurs: (sessionId: PairingSessionId) => boolean;
  readonly role: 'initiator' | 'joiner';
}

type Told = EventPayload<DaemonChannel, 'told'>;
type Completed = Extract<HostEvent, { event: 'pairing.completed' }>;
type Failed = Extract<HostEvent, { event: 'pairing.failed' }>;

/** A pairing session as the terminal shows it. */
export interface FollowedPairing {
  /** Prints the session's end and tells the exit code. @param sessionId read when it is needed, for it may come late */
  outcome(sessionId: () => PairingSessionId | undefined): Promise<ExitCode>;
}

/** Follows one pairing session, asking the person where it needs an answer. Begins listening at once. */
export const followPairing = ({ channel, printer, signal, isOurs, role }: FollowOptions): FollowedPairing => {
  const ended = Promise.withResolvers<Completed | Failed>();
  ended.promise.catch(() => undefined);

  const onTold = (told: Told): void => {
    if (!('sessionId' in told) || !isOurs(told.sessionId)) return;
    if (told.event === 'pairing.completed' || told.event === 'pairing.failed') ended.resolve(told);
    if (told.event !== 'pairing.confirmationNeeded') return;
    const { sessionId, authenticationString, peer, renews } = told;
    askToAccept({ authenticationString, peerName: peer.name, renewsName: renews?.name ?? null, signal })
      .then((accept) => channel.request('decide', { sessionId, accept }))
      .catch(ended.reject);
  };

  const noteNamesakes = async ({ device }: Completed): Promise<void> => {
    // The pairing stands, whether or not the list can be had.
    const { devices } = await channel.request('devices', {}).catch(() => ({ devices: [] }));
    const note = namesakeNote(device, devices);
    if (note !== null) printer.note(note);
  };

  const cancelListening = channel.on('told', onTold);
  channel.closed.then(ended.reject, ended.reject);

  return {
    outcome: async (sessionId) => {
      const cancelSession = () => {
        const id = sessionId();
        if (id !== undefined) channel.request('cancel', { sessionId: id }).catch(ended.reject);
      };
      if (signal.aborted) cancelSession();
      else signal.addEventListener('abort', cancelSession, { once: true });
      try {
        const end = await ended.promise;
        if (end.event === 'pairing.failed') return printFailed(printer, end);
        printPaired(printer, end, role);
        if (!printer.isJson) await noteNamesakes(end);
        return EXIT_CODES.done;
      } finally {
        cancelListening();
        signal.removeEventListener('abort', cancelSession);
      }
    },
  };
};

const printPaired = (printer: Printer, end: Completed, role: FollowOptions['role']): void => {
  const { device, via, path, elapsedMs, discoveredMs, authenticationString, isRenewed } = end;
  const found = role === 'joiner' ? { via, path, elapsedMs, discoveredMs } : {};
  printer.result(
    { event: 'paired', device, isRenewed, ...found, authenticationString },
    `Paired with ${device.name} (${device.id})${isRenewed ? ' anew' : ''}, connected ${pathPhrase(path)}.`,
  );
};

const printFailed = (printer: Printer, { code, reason, attempts }: Failed): ExitCode => {
  printer.result({ event: 'failed', code, reason, attempts }, null);
  printer.note(reason);
  for (const attempt of attempts) printer.note(`  ${attempt.via}: ${attempt.reason}`);
  return exitCodeOf(new BowlineError({ code, message: reason }));
};
