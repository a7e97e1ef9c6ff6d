import type { HourOutcome } from './go-through-hour.ts';
import type { MessageTally } from './numbered-messages.ts';

/** Where the figures of an {@link hourPage} are from. */
export interface HourOrigin {
  /** When it ended. */
  readonly endedAtMs: number;
  readonly machine: string;
}

const row = (from: string, tally: MessageTally | null): string => {
  if (tally === null) return `| ${from} | not known | | | | |`;
  const { sent, kept, lost, twice, outOfOrder } = tally;
  return `| ${[from, sent, kept, lost.length, twice.length, outOfOrder.length].join(' | ')} |`;
};

/** What became of the messages of a random hour, as a document. */
export const hourPage = (outcome: HourOutcome, { endedAtMs, machine }: HourOrigin): string => {
  const { seed, minutes, faults, failure, fromLaptop, fromPhone } = outcome;
  const day = new Date(endedAtMs).toISOString().slice(0, 16).replace('T', ' ');
  return `# Messages through a random hour

Two real daemons in two homes (network namespaces) send each other numbered messages, ten a second each, while faults come
from a seed: cables, outages, roaming, captive networks, paths that die, a relay that is restarted, a device that sleeps or is killed; one
of the network and one of a program at the same time, some of them before the last is over with. A message counts as kept once its
daemon has said that it is on its disk; what a daemon was asked to send while it was killed or asleep may never have been.

Made by \`npm run test:netns:hour -- --seed ${seed} --minutes ${minutes}\`, which ended ${day} (UTC), on ${machine}: ${faults} faults in ${minutes} minutes.
${failure === null ? 'Nothing that was kept was lost, came twice, or out of order.' : `**It failed**: ${failure.reason}.`}

| from | sent | kept | lost | twice | out of order |
|---|---|---|---|---|---|
${row('laptop', fromLaptop)}
${row('phone', fromPhone)}
`;
};
