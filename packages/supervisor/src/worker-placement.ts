import type { ChannelDefinition, Clock, Logger, Placement, Random, WorkerDefinition } from '@bowline/contracts';

/** One actor, and where it runs. */
export interface WorkerPlacement<C extends ChannelDefinition, Options> {
  readonly definition: WorkerDefinition<C, Options>;
  /** Plain data; crosses to a thread or a process as a message. */
  readonly options: Options;
  readonly kind: Placement;
  /** The module that calls `runWorker`; needed for a thread and a process. It gets the worker's name as its first argument. */
  readonly entry?: URL;
}

/** What a supervisor needs; an inline actor gets them too. */
export interface SuperviseComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}
