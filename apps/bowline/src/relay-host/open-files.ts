import { readFileSync } from 'node:fs';

/** Files a relay has open beside its clients' connections: listeners, the observer's channel, what is read again. */
const OTHER_FILES = 64;

/** Where Linux tells a process its limits. */
const LIMITS_FILE = '/proc/self/limits';

interface LimitsReport {
  readonly userLimits?: { readonly open_files?: { readonly hard: number | string } };
}

/** Node's report of this process; Node's types leave out `excludeNetwork`. */
interface ReportOfNetwork {
  excludeNetwork?: boolean;
  getReport(): object;
}

/** What a limit is read from; both as of this process. */
export interface LimitSources {
  /** The text of {@link LIMITS_FILE}. @throws where there is none */
  readonly readLimits: () => string;
  readonly report: ReportOfNetwork;
}

const THIS_PROCESS: LimitSources = {
  readLimits: () => readFileSync(LIMITS_FILE, 'utf8'),
  report: process.report,
};

/**
 * How many files this process may open; `null` where nothing limits them or nobody knows. Node has raised its soft
 * limit to this one.
 */
export const openFileLimit = ({ readLimits, report }: LimitSources = THIS_PROCESS): number | null => {
  try {
    const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(readLimits())?.[1];
    return hard === undefined ? null : Number(hard);
  } catch {
    return reportedLimit(report);
  }
};

/** The report names whom sockets are connected to, and asks name servers for it, waiting seconds for one that is silent. */
const reportedLimit = (report: LimitSources['report']): number | null => {
  const { excludeNetwork = false } = report;
  report.excludeNetwork = true;
  try {
    const hard = (report.getReport() as LimitsReport).userLimits?.open_files?.hard;
    return typeof hard === 'number' ? hard : null;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
};

/**
 * What is wrong with a limit under which a relay runs out of files before it is full, or `null`. Beyond the limit the
 * system drops connections and the relay never hears of them.
 */
export const tooFewFiles = (limit: number | null, maxClients: number): string | null => {
  const needed = maxClients + OTHER_FILES;
  if (limit === null || limit >= needed) return null;
  return (
    `This process may open ${limit} files, and ${maxClients} clients need ${needed}: those beyond are dropped without a word. ` +
    'Raise the limit (LimitNOFILE= in a systemd unit, `ulimit -n` in a shell), or lower --max-clients.'
  );
};
