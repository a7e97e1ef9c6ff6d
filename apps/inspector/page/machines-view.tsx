import type { MachinesReport, MachineTransition } from '@bowline/contracts';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type MachineHistory, withTransition } from './machine-history.ts';
import { MachinesBoard } from './machines-board.tsx';
import { session } from './model.ts';
import { hearEvents, RefusedError } from './session.ts';

/** How long the view waits before it asks again for a stream that ended, milliseconds. */
const RETRY_MS = 2_000;

/** The machines of this device, live. They are watched as long as this view is looked at, and no longer. */
export const MachinesView = () => {
  const report = useSignal<MachinesReport | null>(null);
  const problem = useSignal('');
  const live = useSignal<MachineHistory>({ before: [], transitions: [] });

  useEffect(() => {
    const leaving = new AbortController();
    const onEvent = (name: string, data: unknown): void => {
      problem.value = '';
      if (name === 'machines') {
        report.value = data as MachinesReport;
        live.value = { before: report.value.sessions, transitions: [] };
      }
      if (name === 'transition') live.value = withTransition(live.value, data as MachineTransition);
    };
    const watch = async (): Promise<void> => {
      while (!leaving.signal.aborted && session.value !== null) {
        await hearEvents(session.value, onEvent, leaving.signal, { path: '/api/transitions' }).catch(
          (error: unknown) => {
            problem.value = error instanceof RefusedError ? error.message : '';
          },
        );
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    };
    void watch();
    return () => leaving.abort();
  }, []);

  const said = problem.value === '' ? null : <p role="alert">{problem.value}</p>;
  if (report.value === null) return said ?? <p class="empty">Asking the device…</p>;
  return (
    <section aria-label="Machines">
      {said}
      <MachinesBoard charts={report.value.charts} live={live.value} />
    </section>
  );
};
