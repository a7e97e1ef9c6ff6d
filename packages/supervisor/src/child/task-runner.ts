/** What runs in a thread of the pool: finds a task in its module, runs it, and keeps the code of its error. */
import { type ErrorEnvelope, toErrorEnvelope } from '@bowline/channel';
import { TaskModuleUnusableError, UnknownTaskError } from '../errors.ts';

/** One task, as it crosses to a thread. */
export interface TaskMessage {
  /** Address of the module. */
  readonly entry: string;
  /** Name of its exported function. */
  readonly name: string;
  readonly input: unknown;
}

/** What came of it. */
export type TaskOutcome = { readonly output: unknown } | { readonly error: ErrorEnvelope };

/** A task that is cancelled ends with its thread: nobody aborts it in here. */
const NEVER = new AbortController().signal;

const runTask = async ({ entry, name, input }: TaskMessage): Promise<TaskOutcome> => {
  try {
    const task = (await load(entry, name))[name];
    if (typeof task !== 'function') throw new UnknownTaskError(entry, name);
    return { output: await task(input, { signal: NEVER }) };
  } catch (error) {
    return { error: toErrorEnvelope(error) };
  }
};

const load = async (entry: string, name: string): Promise<Readonly<Record<string, unknown>>> => {
  try {
    return await import(entry);
  } catch (error) {
    throw new TaskModuleUnusableError(entry, name, error);
  }
};

export default runTask;
