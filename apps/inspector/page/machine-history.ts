import type { MachineChart, MachineSession, MachineTransition } from '@bowline/contracts';

/** Transitions kept for looking back; older ones are forgotten. */
export const MAX_HISTORY = 2_000;

/** Sessions listed of one machine; those that ended longest ago go first. */
const MAX_SESSIONS = 500;

/** Largest recording that is opened, bytes. */
export const MAX_RECORDING_BYTES = 4_194_304;

/** Where sessions stood before the first transition of a history, and what happened then. */
export interface MachineHistory {
  readonly before: readonly MachineSession[];
  readonly transitions: readonly MachineTransition[];
}

const keyOf = ({ machine, session }: Pick<MachineSession, 'machine' | 'session'>): string => `${machine} ${session}`;

/** Where every session stands after the first `count` transitions. Pure. */
export const sessionsAt = ({ before, transitions }: MachineHistory, count: number): readonly MachineSession[] => {
  const sessions = new Map(before.map((session) => [keyOf(session), session]));
  for (const { machine, session, to } of transitions.slice(0, count)) {
    const key = keyOf({ machine, session });
    // Anew at the end, so that what moved last is last.
    sessions.delete(key);
    sessions.set(key, { machine, session, state: to });
  }
  return [...sessions.values()].slice(-MAX_SESSIONS);
};

/** A history with one more transition, within its bound. Pure. */
export const withTransition = (history: MachineHistory, transition: MachineTransition): MachineHistory => {
  const transitions = [...history.transitions, transition];
  const surplus = transitions.length - MAX_HISTORY;
  if (surplus <= 0) return { ...history, transitions };
  return { before: sessionsAt({ ...history, transitions }, surplus), transitions: transitions.slice(surplus) };
};

/** A history as `bowline machines --follow --json` prints it: a line for each transition. */
export const recordingOf = ({ transitions }: MachineHistory): string =>
  transitions.map((transition) => `${JSON.stringify({ event: 'transition', ...transition })}\n`).join('');

/**
 * Reads a recording. Lines that are no transition of a known machine are passed over.
 *
 * @returns `null` where there is none at all
 */
export const readRecording = (text: string, charts: readonly MachineChart[]): MachineHistory | null => {
  const transitions = text
    .slice(0, MAX_RECORDING_BYTES)
    .split('\n')
    .flatMap((line) => transitionIn(line, charts) ?? [])
    .slice(-MAX_HISTORY);
  if (transitions.length === 0) return null;
  const firsts = new Map<string, MachineSession>();
  for (const { machine, session, from } of transitions) {
    const key = keyOf({ machine, session });
    if (!firsts.has(key)) firsts.set(key, { machine, session, state: from ?? '' });
  }
  return { before: [...firsts.values()].filter(({ state }) => state !== ''), transitions };
};

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 512;

const transitionIn = (line: string, charts: readonly MachineChart[]): MachineTransition | null => {
  let read: Partial<Record<string, unknown>> | null;
  try {
    read = JSON.parse(line) as Partial<Record<string, unknown>> | null;
  } catch {
    // A line of something else; a recording may be cut off, too.
    return null;
  }
  const { machine, session, from, to, by, atMs } = read ?? {};
  const chart = charts.find((each) => each.machine === machine);
  if (chart === undefined || !isText(session) || !isText(to) || !isText(by) || typeof atMs !== 'number') return null;
  if (from !== null && !isText(from)) return null;
  return { machine: chart.machine, session, from, to, by, atMs };
};
