import { cpus, release } from 'node:os';

/** What figures were measured on, for a document. */
export const machineLine = (): string =>
  `${cpus().length} cores (${cpus()[0]?.model.trim()}), Linux ${release()}, Node ${process.version}`;
