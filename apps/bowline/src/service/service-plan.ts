import type { RunningProgram } from '../background/running-program.ts';

/** What a service is to run, and where it writes. */
export interface ServicePlan {
  /** Unique for this user: one for each data directory. */
  readonly name: string;
  readonly program: RunningProgram;
  /** `up` with the options of the device. */
  readonly upArguments: readonly string[];
  readonly dataDir: string;
  readonly logFile: string;
}

/** Everything the service runs, the program first. */
export const commandOf = ({ program, upArguments }: ServicePlan): readonly string[] => [
  program.node,
  ...program.args,
  ...upArguments,
];
