/** Files a relay has open beside its clients' connections: listeners, the observer's channel, what is read again. */
const OTHER_FILES = 64;

interface LimitsReport {
  readonly userLimits?: { readonly open_files?: { readonly hard: number | string } };
}

/**
 * How many files this process may open; `null` where nothing limits them or nobody knows. Node has raised its soft
 * limit to this one.
 */
export const openFileLimit = (): number | null => {
  const hard = (process.report.getReport() as LimitsReport).userLimits?.open_files?.hard;
  return typeof hard === 'number' ? hard : null;
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
