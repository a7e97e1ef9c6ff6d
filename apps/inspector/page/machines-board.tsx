import type { MachineChart, MachineName } from '@bowline/contracts';
import { useSignal } from '@preact/signals';
import { arrowText, MachineDrawing } from './machine-drawing.tsx';
import { MAX_RECORDING_BYTES, type MachineHistory, readRecording, recordingOf, sessionsAt } from './machine-history.ts';
import { clockTime } from './words.ts';

/** What a machine is about, for whoever chooses one. */
const ABOUT: Readonly<Record<MachineName, string>> = {
  initiator: 'shows a code',
  joiner: 'types a code',
  worker: 'a part of this device',
  link: 'the link to a device',
  'relay-connection': 'the login at a relay',
};

/** Transitions listed at once. */
const LISTED = 50;

const save = (history: MachineHistory): void => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([recordingOf(history)], { type: 'application/x-ndjson' }));
  link.download = 'machines.jsonl';
  link.click();
  URL.revokeObjectURL(link.href);
};

const Arrows = ({ chart }: { readonly chart: MachineChart }) => (
  <details>
    <summary>All transitions of this machine</summary>
    <section class="scroll" aria-label="All transitions">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">By</th>
            <th scope="col">To</th>
          </tr>
        </thead>
        <tbody>
          {chart.transitions.map((arrow) => (
            <tr key={`${arrow.from} ${arrowText(arrow)} ${arrow.to}`}>
              <th scope="row">{arrow.from === '*' ? 'anywhere' : arrow.from}</th>
              <td>{arrowText(arrow)}</td>
              <td>{arrow.to ?? 'stays'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  </details>
);

/** Machines, where their sessions stand, what moved them, and the way back through it. Live, or of a recording. */
export const MachinesBoard = ({
  charts,
  live,
}: {
  readonly charts: readonly MachineChart[];
  readonly live: MachineHistory;
}) => {
  const chosen = useSignal<MachineName>(charts[0]?.machine ?? 'initiator');
  const recording = useSignal<MachineHistory | null>(null);
  const problem = useSignal('');
  /** How many transitions back is looked; `null`: at the end, as it goes on. */
  const position = useSignal<number | null>(null);
  const history = recording.value ?? live;
  const count = Math.min(position.value ?? history.transitions.length, history.transitions.length);
  const chart = charts.find(({ machine }) => machine === chosen.value);
  const own = sessionsAt(history, count).filter(({ machine }) => machine === chosen.value);
  const countAt = new Map<string, number>();
  for (const { state } of own) countAt.set(state, (countAt.get(state) ?? 0) + 1);
  const past = history.transitions.slice(0, count);
  const last = past.findLast(({ machine }) => machine === chosen.value) ?? null;

  const open = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    const read = file.size > MAX_RECORDING_BYTES ? null : readRecording(await file.text(), charts);
    problem.value = read === null ? 'That file is too long, or holds no transition.' : '';
    if (read === null) return;
    recording.value = read;
    position.value = 0;
    chosen.value = read.transitions[0]?.machine ?? chosen.value;
  };

  return (
    <>
      <nav aria-label="Machines" class="choice">
        {charts.map(({ machine }) => (
          <button
            type="button"
            key={machine}
            aria-current={machine === chosen.value ? 'true' : undefined}
            onClick={() => (chosen.value = machine)}
          >
            {machine} <small>{ABOUT[machine]}</small>
          </button>
        ))}
      </nav>
      {chart !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section class="scroll" tabIndex={0} aria-label={`Chart of ${chart.machine}`}>
          <MachineDrawing chart={chart} countAt={countAt} last={last} />
        </section>
      )}
      <div class="choice">
        <label>
          {recording.value === null ? 'Look back' : 'Replay'}{' '}
          <input
            type="range"
            min={0}
            max={history.transitions.length}
            value={count}
            onInput={(event) => {
              const wanted = event.currentTarget.valueAsNumber;
              position.value = wanted >= history.transitions.length && recording.value === null ? null : wanted;
            }}
          />
        </label>
        <button type="button" disabled={count === 0} onClick={() => (position.value = count - 1)}>
          One back
        </button>
        <button
          type="button"
          disabled={count >= history.transitions.length}
          onClick={() => (position.value = count + 1)}
        >
          One on
        </button>
        <output>
          {count} of {history.transitions.length}
        </output>
        {(recording.value !== null || position.value !== null) && (
          <button
            type="button"
            onClick={() => {
              recording.value = null;
              position.value = null;
            }}
          >
            Live
          </button>
        )}
        <button type="button" disabled={history.transitions.length === 0} onClick={() => save(history)}>
          Save as a recording
        </button>
        <label>
          Open a recording{' '}
          <input
            type="file"
            accept=".jsonl,.json,.txt"
            onChange={(event) => {
              const { currentTarget: input } = event;
              void open(input.files?.[0]);
              // The same file can be opened again.
              input.value = '';
            }}
          />
        </label>
      </div>
      {problem.value !== '' && <p role="alert">{problem.value}</p>}
      <h3>Sessions</h3>
      {own.length === 0 ? (
        <p class="empty">No session of this machine.</p>
      ) : (
        <ul class="sessions" aria-label="Sessions">
          {own.slice(-LISTED).map(({ session, state }) => (
            <li key={session}>
              <span class="id">{session}</span> {state}
            </li>
          ))}
        </ul>
      )}
      <h3>What moved them</h3>
      {past.length === 0 ? (
        <p class="empty">Nothing has moved since this view was opened.</p>
      ) : (
        <ol class="moves" aria-label="Transitions, the last first">
          {past
            .slice(-LISTED)
            .toReversed()
            .map(({ machine, session, from, to, by, atMs }, at) => (
              <li key={past.length - at}>
                <time>{clockTime(atMs)}</time> {machine} <span class="id">{session}</span> {from ?? '(new)'} → {to} by{' '}
                <strong>{by}</strong>
              </li>
            ))}
        </ol>
      )}
      {chart !== undefined && <Arrows chart={chart} />}
    </>
  );
};
