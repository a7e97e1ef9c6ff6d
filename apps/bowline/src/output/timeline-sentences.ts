import type { Reliability, TimelineEntry } from '@bowline/contracts';
import { keptLinkDownPhrase, pathPhrase } from './phrases.ts';
import { shownName } from './shown-name.ts';
import { localTime, spanPhrase } from './times.ts';

/** What a change of path, or of relay, has for its reason. */
const REASONS: Readonly<Record<string, string>> = {
  upgradedToDirect: 'a direct path was found',
  downgradedToRelay: 'the direct path was lost',
  anotherAddress: 'another address is used',
  pathKnown: 'the path became known',
  first: 'it was not reached through any before',
  relayDown: 'the relay before is down',
  peerMoved: 'it was heard there and no longer on the one before',
};

const because = (cause: string | null): string => (cause === null ? '' : `: ${REASONS[cause] ?? cause}`);

const through = ({ path, relay }: TimelineEntry): string =>
  path === 'relay' && relay !== null ? `through ${relay}` : pathPhrase(path);

const after = (ms: number | null, words: string): string => (ms === null ? '' : `, ${words} ${spanPhrase(ms)}`);

const happened = (entry: TimelineEntry, name: string): string => {
  const { kind, cause, relay, durationMs } = entry;
  switch (kind) {
    case 'host.started':
      return `this device started${after(durationMs, 'after it had not run for')}`;
    case 'host.stopped':
      return 'this device stopped';
    case 'device.paired':
      return `paired with ${name}`;
    case 'device.connected':
      return `${name} connected ${through(entry)}${after(durationMs, 'after')}`;
    case 'device.disconnected': {
      const reason = cause === null ? '' : `: ${keptLinkDownPhrase(cause)}`;
      return `${name} disconnected${reason}${after(durationMs, 'after')}`;
    }
    case 'path.changed':
      return `${name} is reached ${through(entry)} now${because(cause)}${after(durationMs, 'after')}`;
    case 'route.changed':
      return relay === null
        ? `no relay is in use${because(cause)}`
        : `${relay} carries the traffic now${because(cause)}`;
    case 'device.renamed':
      // The line does not hold what it was called then: it may have been renamed again since.
      return `renamed; it is called ${name} now`;
    case 'budget.crossed':
      return cause === 'limit' ? "the day's limit for relays is used up" : "most of the day's limit for relays is used";
    case 'worker.restarted':
      return `a part of this device was restarted: ${cause ?? 'no reason is known'}`;
    case 'network.changed':
      return cause === 'wake' ? 'this device woke up' : 'the network of this device changed';
  }
};

/** One line of a timeline for a person. */
export const timelineSentence = (entry: TimelineEntry, name: string): string =>
  `${localTime(entry.atMs)}  ${happened(entry, shownName(name))}`;

/** Tenths of a percent; what is not all is never called 100 %, and what is not nothing never 0 %. */
const percent = (ratio: number): string => {
  const tenths = Math.round(ratio * 1_000);
  return `${(ratio > 0 && ratio < 1 ? Math.min(999, Math.max(1, tenths)) : tenths) / 10} %`;
};

/** How well a device was connected, in one sentence. */
export const reliabilitySentence = (
  { observedMs, connectedRatio, directRatio, outages, returnP50Ms, returnP95Ms }: Reliability,
  name: string,
): string => {
  const shown = shownName(name);
  if (connectedRatio === null) return `Nothing is known of ${shown} in this time.`;
  const direct = directRatio === null ? '' : `, ${percent(directRatio)} of that directly`;
  const returns =
    returnP50Ms === null || returnP95Ms === null
      ? ''
      : `; it was back within ${spanPhrase(returnP50Ms)} half of the time, and within ${spanPhrase(returnP95Ms)} in 19 of 20`;
  return (
    `${shown} was connected ${percent(connectedRatio)} of the ${spanPhrase(observedMs)} that this device ran${direct}, ` +
    `with ${outages} ${outages === 1 ? 'outage' : 'outages'}${returns}.`
  );
};
