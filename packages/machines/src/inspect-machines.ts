import type { Cancel, MachineChart, MachineSession, MachinesReport, MachineTransition } from '@bowline/contracts';
import { machineDefinition } from './machine-definition.ts';

/** Where one session stands, as an inspector shows it. */
interface InspectedSnapshot {
  readonly status: 'active' | 'done';
  readonly value: string | object;
  readonly context: object;
}

/** What `createInspector` of `@statelyai/inspect` gives, as far as it is used. */
export interface StatelyInspector {
  /** @param actor an actor of XState, of which its `sessionId` and the `config` of its `logic` are read */
  actor(actor: never, snapshot: InspectedSnapshot): void;
  event(id: string, event: { readonly type: string }): void;
  snapshot(id: string, snapshot: InspectedSnapshot, info: { readonly event: { readonly type: string } }): void;
}

/** What tells of machines; a host does. */
export interface InspectedMachines {
  machines(): Promise<MachinesReport>;
  onTransition(listener: (transition: MachineTransition) => void): Cancel;
}

/**
 * Shows the machines of a running device in an inspector of Stately: every session with its chart, each event that moved it,
 * and where it stands. Neither what events carry nor what machines know is shown, here as everywhere: a code, a token or an
 * address cannot get out.
 *
 * @returns what ends it. @throws what `machines` rejects with
 */
export const inspectMachines = async (source: InspectedMachines, inspector: StatelyInspector): Promise<Cancel> => {
  const waiting: MachineTransition[] = [];
  let show = (transition: MachineTransition): void => {
    waiting.push(transition);
  };
  const cancel = source.onTransition((transition) => show(transition));
  try {
    const { charts, sessions } = await source.machines();
    const shown = new Set<string>();
    const begin = ({ machine, session, state }: MachineSession): void => {
      const id = idOf({ machine, session });
      shown.add(id);
      const chart = charts.find((each) => each.machine === machine);
      const logic = chart === undefined ? {} : { config: machineDefinition(chart) };
      inspector.actor({ sessionId: id, logic } as never, snapshotOf(chart, state));
    };
    for (const session of sessions) begin(session);
    show = ({ machine, session, to, by }) => {
      const id = idOf({ machine, session });
      if (!shown.has(id)) return begin({ machine, session, state: to });
      const chart = charts.find((each) => each.machine === machine);
      const snapshot = snapshotOf(chart, to);
      inspector.event(id, { type: by });
      inspector.snapshot(id, snapshot, { event: { type: by } });
      if (snapshot.status === 'done') shown.delete(id);
    };
    for (const transition of waiting.splice(0)) show(transition);
  } catch (error) {
    cancel();
    throw error;
  }
  return cancel;
};

const idOf = ({ machine, session }: Pick<MachineSession, 'machine' | 'session'>): string => `${machine} ${session}`;

const snapshotOf = (chart: MachineChart | undefined, state: string): InspectedSnapshot => ({
  status: chart?.states.some(({ id, isFinal }) => id === state && isFinal) === true ? 'done' : 'active',
  value: valueAt(state.split('.')),
  context: {},
});

/** `live.offering` as XState has it: `{ live: 'offering' }`. */
const valueAt = ([first = '', ...rest]: readonly string[]): string | object =>
  rest.length === 0 ? first : { [first]: valueAt(rest) };
