/**
 * Arguments of Node that a worker shares with its host: memory, certificates, warnings, readable stacks, and by which
 * conditions packages are found, so that both run the same files. Anything else, a test runner's loader or a debugger's
 * port, is the host's alone.
 */
const SHARED_BY_PROCESSES =
  /^--(?:max-old-space-size|max-semi-space-size|use-system-ca|use-openssl-ca|use-bundled-ca|enable-source-maps|no-warnings|disable-warning|conditions)(?:=|$)/;

/** What a thread has of its own; the rest it shares with its process anyway, and Node refuses it. */
const SHARED_BY_THREADS = /^--conditions(?:=|$)/;

/**
 * One thread beside a worker's own for compiling and collecting garbage. Each such task otherwise wakes up to four, which share out
 * what takes one of them a millisecond.
 */
const ONE_HELPER = '--v8-pool-size=1';

const SHORT_FOR_CONDITIONS = '-C';

/** Node's arguments for a worker in a process of its own. */
export const processArguments = (given: readonly string[] = process.execArgv): string[] => [
  ONE_HELPER,
  ...withValues(given).filter((argument) => SHARED_BY_PROCESSES.test(argument)),
];

/** Node's arguments for a worker in a thread. */
export const threadArguments = (given: readonly string[] = process.execArgv): string[] =>
  withValues(given).filter((argument) => SHARED_BY_THREADS.test(argument));

/** `-C name` and `--conditions name` as the one argument `--conditions=name`. */
const withValues = (given: readonly string[]): readonly string[] =>
  given.flatMap((argument, index) => {
    const before = given[index - 1];
    if (before === '--conditions' || before === SHORT_FOR_CONDITIONS) return [`--conditions=${argument}`];
    return argument === '--conditions' || argument === SHORT_FOR_CONDITIONS ? [] : [argument];
  });
