import type { ConnectedChannel } from '@bowline/channel';
import { type Cancel, type DaemonChannel, mdnsProblemSentence } from '@bowline/contracts';

const CONSEQUENCE =
  'Devices on the local network do not find each other from here, so that a code leads nowhere there but through a relay or by the ticket';

/**
 * Tells whenever the local network turns out to be no way between the two devices, with the reason and what to do: what
 * ails it already at once, and what comes while the pairing lasts.
 */
export const warnOfLocalNetwork = (
  channel: Pick<ConnectedChannel<DaemonChannel>, 'on' | 'request'>,
  tell: (message: string) => void,
): Cancel => {
  let told: string | null = null;
  let isOver = false;
  const note = (problem: string | null): void => {
    if (problem !== null && problem !== told && !isOver) tell(`${CONSEQUENCE}. ${problem}`);
    told = problem;
  };
  const cancelListening = channel.on('told', (event) => {
    if (event.event === 'discovery.healthChanged') note(event.problem);
  });
  channel
    .request('status', {})
    .then(({ network: { mdns } }) => {
      if (mdns.problem !== null) note(mdnsProblemSentence(mdns.problem));
    })
    // The pairing itself says what is wrong with the daemon.
    .catch(() => undefined);
  return () => {
    isOver = true;
    cancelListening();
  };
};
