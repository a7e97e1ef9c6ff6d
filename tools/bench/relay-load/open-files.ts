/** Files a process holds open beside its clients' connections. */
const OTHER_FILES = 256;

interface LimitsReport {
  readonly userLimits: { readonly open_files: { readonly soft: number | string } };
}

/**
 * Demands that this process, and relays it starts, can hold `connections`. Node has raised the soft limit to the hard
 * one already, and children inherit it.
 */
export const demandOpenFiles = (connections: number): void => {
  const { soft } = (process.report.getReport() as unknown as LimitsReport).userLimits.open_files;
  if (typeof soft !== 'number' || soft >= connections + OTHER_FILES) return;
  throw new Error(
    `${connections} clients need ${connections + OTHER_FILES} open files, and this shell allows ${soft}. ` +
      `Raise it (\`ulimit -n ${connections + OTHER_FILES}\`, as root), or measure fewer with --idle.`,
  );
};
