import type { ConnectedChannel } from '@bowline/channel';
import type { DaemonChannel, EventPayload, HostEvent, PairingSessionId } from '@bowline/contracts';
import { BowlineError } from '@bowline/contracts';
import { namePhrase } from '@bowline/diagnosis/phrases';
import { EXIT_CODES, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { pathPhrase, sourcePhrase } from '../output/phrases.ts';
import type { Printer } from '../output/printer.ts';
import type { Progress } from '../output/progress.ts';
import { shownName } from '../output/shown-name.ts';
import { askToAccept } from './ask-to-accept.ts';
import { attemptSentence, failureSentence } from './failure-sentence.ts';
import { warnOfLocalNetwork } from './local-network-warning.ts';
import { namesakeNote } from './namesake-note.ts';
import { spacedDigits } from './spaced-digits.ts';

interface FollowOptions {
  readonly channel: ConnectedChannel<DaemonChannel>;
  readonly printer: Printer;
  /** The person ended the command: the session is cancelled. */
  readonly signal: AbortSignal;
  readonly isOurs: (sessionId: PairingSessionId) => boolean;
  readonly role: 'initiator' | 'joiner';
  /** What is shown while nothing happens. @defaultValue nothing */
  readonly progress?: Progress;
  /** @defaultValue a prompt on the terminal */
  readonly ask?: typeof askToAccept;
}

const SILENT: Progress = { say: () => undefined, stop: () => undefined };

/** What a joiner waits for, by the state of its session; where a person is asked, nothing turns. */
const WAITING_FOR: Readonly<Record<string, string>> = {
  searching: 'Looking for the other device',
  storing: 'Pairing',
  exchanging: 'Waiting for the other device to confirm',
  returning: 'Looking for the other device again',
  recovering: 'Pairing',
  promoting: 'Pairing',
};

type Told = EventPayload<DaemonChannel, 'told'>;
type Completed = Extract<HostEvent, { event: 'pairing.completed' }>;
type Proven = Extract<HostEvent, { event: 'pairing.peerProven' }>;
type Failed = Extract<HostEvent, { event: 'pairing.failed' }>;

/** A pairing session as the terminal shows it. */
export interface FollowedPairing {
  /** Prints the session's end and tells the exit code. @param sessionId read when it is needed, for it may come late */
  outcome(sessionId: () => PairingSessionId | undefined): Promise<ExitCode>;
}

/** Follows one pairing session, asking the person where it needs an answer. Begins listening at once. */
export const followPairing = (options: FollowOptions): FollowedPairing => {
  const { channel, printer, signal, isOurs, role, ask = askToAccept, progress = SILENT } = options;
  const ended = Promise.withResolvers<Completed | Failed>();
  ended.promise.catch(() => undefined);
  /** Ends the question on the screen: it is about one handshake of a session that goes on. */
  let question = new AbortController();

  /** What the progress says now; `null` while nothing is waited for. */
  let waiting: string | null = null;

  const warn = (message: string): void => {
    progress.stop();
    printer.warning({ event: 'localNetworkFailing', message });
    if (waiting !== null) progress.say(waiting);
  };

  const onTold = (told: Told): void => {
    if (!('sessionId' in told) || !isOurs(told.sessionId)) return;
    if (told.event === 'pairing.stateChanged') {
      const waitingFor = WAITING_FOR[told.state];
      if (role === 'joiner' && waitingFor !== undefined) {
        waiting = waitingFor;
        progress.say(waitingFor);
      }
    } else {
      waiting = null;
      progress.stop();
    }
    if (told.event === 'pairing.completed' || told.event === 'pairing.failed') {
      question.abort();
      ended.resolve(told);
    }
    if (told.event === 'pairing.peerProven' && !told.mustDecide) printProven(printer, told);
    if (told.event !== 'pairing.confirmationNeeded') return;
    question.abort();
    question = new AbortController();
    const { signal: isOver } = question;
    const { sessionId, authenticationString, peer, renews } = told;
    ask({
      authenticationString,
      peerName: peer.name,
      renewsName: renews?.name ?? null,
      signal: AbortSignal.any([signal, isOver]),
    })
      .then((accept) =>
        isOver.aborted ? undefined : channel.request('decide', { sessionId, accept, authenticationString }),
      )
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
      const cancelWarning = warnOfLocalNetwork(channel, warn);
      try {
        const end = await ended.promise;
        if (end.event === 'pairing.failed') return printFailed(printer, end);
        printPaired(printer, end, role);
        if (!printer.isJson) await noteNamesakes(end);
        return EXIT_CODES.done;
      } finally {
        progress.stop();
        cancelListening();
        cancelWarning();
        question.abort();
        signal.removeEventListener('abort', cancelSession);
      }
    },
  };
};

/** Nobody is asked here, but the person at the other device may be. */
const printProven = (printer: Printer, { authenticationString, peer }: Proven): void => {
  printer.result({ event: 'proven', authenticationString, peer }, null);
  printer.note(`"${namePhrase(peer.name)}" has the code. This device shows ${spacedDigits(authenticationString)}.`);
};

const printPaired = (printer: Printer, end: Completed, role: FollowOptions['role']): void => {
  const { device, via, path, elapsedMs, discoveredMs, authenticationString, isRenewed } = end;
  const found = role === 'joiner' ? { via, path, elapsedMs, discoveredMs } : {};
  printer.result(
    { event: 'paired', device, isRenewed, ...found, authenticationString },
    `Paired with ${shownName(device.name)} (${device.id})${isRenewed ? ' anew' : ''}, connected ${pathPhrase(path)}.`,
  );
};

const printFailed = (printer: Printer, failed: Failed): ExitCode => {
  const { code, circumstance } = failed;
  const reason = failureSentence(failed);
  const attempts = failed.attempts.map((attempt) => ({ via: attempt.via, reason: attemptSentence(attempt) }));
  printer.result({ event: 'failed', code, reason, attempts, circumstance }, null);
  printer.note(reason);
  for (const attempt of attempts) printer.note(`  ${sourcePhrase(attempt.via)}: ${attempt.reason}`);
  return exitCodeOf(new BowlineError({ code, message: reason }));
};
