import type { Socket } from 'node:net';
import type {
  Cancel,
  ChannelClient,
  ChannelDefinition,
  MachineSession,
  MachineTransition,
  Startable,
} from '@bowline/contracts';

import type { WorkerStatus } from './worker-state.ts';

/** One actor that is kept running where it was placed. */
export interface SupervisedWorker<C extends ChannelDefinition> extends Startable {
  /**
   * The same object for the worker's whole life, restarts included: listeners stay. While there is no worker to ask,
   * requests reject with `WORKER_DOWN`; what was open when it died rejects with `CHANNEL_CLOSED`.
   */
  readonly client: ChannelClient<C>;
  /**
   * Gives the actor a connection accepted for it (`pauseOnConnect`). Resolves with whether it left this side; one that did
   * not is the caller's to end: there is no worker just now, or it is in a thread, which can be given none.
   */
  passConnection(connection: Socket): Promise<boolean>;
  /**
   * Launches the worker and resolves when it is ready.
   *
   * A worker that has been ready once is restarted for ever. One that fails before is not: the promise rejects with
   * what its actor said, the state is `crashed`, and `start` may be called again.
   */
  start(): Promise<void>;
  /** Ends the worker, by force when it must be, and resolves when nothing of it is left. */
  stop(): Promise<void>;
  status(): WorkerStatus;
  /** Hears every later change of `status().state`. */
  onStateChanged(listener: (status: WorkerStatus) => void): Cancel;
  /** Hears every later transition of the worker's own machine. */
  onTransition(listener: (transition: MachineTransition) => void): Cancel;
  /** Where the worker's machine stands. */
  machineSession(): MachineSession;
  /**
   * Calls `prepare` after every launch, the first included, when the actor answers requests and before the worker
   * counts as started: what a worker must be told again after a restart is told here. Several are called one after
   * another. One that rejects fails the launch.
   */
  onReady(prepare: () => Promise<void> | void): Cancel;
}
