/** The machines that decide: both sides of a pairing, and the life cycles of workers, links and relay connections. */
export type MachineName = 'initiator' | 'joiner' | 'worker' | 'link' | 'relay-connection';

/**
 * One session of a machine went from one state to another. States are paths such as `live.offering`. It names no secret:
 * neither what an event carries nor what the machine knows is in it.
 */
export interface MachineTransition {
  readonly machine: MachineName;
  /** Which pairing session, worker, device (by id) or relay (by URL); unique among the sessions of one machine. */
  readonly session: string;
  /** `null`: the session begins. */
  readonly from: string | null;
  readonly to: string;
  /** The event that moved it; `after NAME` for a delay, `done` and `failed` for what the state waited for. */
  readonly by: string;
  /** Wall clock, milliseconds. */
  readonly atMs: number;
}

/** Where one session of a machine stands. One that has reached a final state is not listed any more. */
export interface MachineSession {
  readonly machine: MachineName;
  readonly session: string;
  readonly state: string;
}

/** One state of a chart. */
export interface ChartState {
  /** Its path: `live.offering`. */
  readonly id: string;
  /** The state it is within; `null` at the top. */
  readonly parent: string | null;
  /** Whether its parent begins there. */
  readonly isInitial: boolean;
  readonly isFinal: boolean;
}

/** One arrow of a chart. */
export interface ChartTransition {
  /** `*`: wherever it is. */
  readonly from: string;
  /** `null`: it stays, and something is done or remembered. */
  readonly to: string | null;
  /** As in {@link MachineTransition}; `always` for what needs no event. */
  readonly by: string;
  /** The condition's name; `null` without one. */
  readonly guard: string | null;
}

/** A machine as it can be drawn: read from the machine that runs. */
export interface MachineChart {
  readonly machine: MachineName;
  readonly states: readonly ChartState[];
  readonly transitions: readonly ChartTransition[];
}

/** Every machine, and where its sessions stand. */
export interface MachinesReport {
  readonly charts: readonly MachineChart[];
  readonly sessions: readonly MachineSession[];
}
