import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a search found out about the queries of one model. */
export interface SearchResult {
  /** All queries, in the model's order. */
  readonly queries: readonly string[];
  /** Those an attack was found against. */
  readonly broken: ReadonlySet<string>;
  /** Whether for those that hold everything was searched, and not only to a depth of terms. */
  readonly isExhaustive: boolean;
}

/** The part of Verifpal's report that is read. */
interface Report {
  readonly ok: boolean;
  readonly models: readonly {
    readonly analysis: {
      readonly queries: readonly {
        readonly query: string;
        readonly resolved: boolean;
        readonly envelope: { readonly exhausted: boolean };
      }[];
    };
  }[];
}

/** Far above the seconds a model takes, milliseconds. */
const SEARCH_TIMEOUT_MS = 240_000;

/** Searches a model for attacks with so many sessions of each side at once. @throws when the search did not end */
export const searchAttacks = (verifpal: string, source: string, sessions: number): SearchResult => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-model-'));
  try {
    const file = join(folder, 'model.vp');
    writeFileSync(file, source);
    const args = ['verify', file, '--sessions', String(sessions), '--format', 'json'];
    const printed = execFileSync(verifpal, args, { encoding: 'utf8', timeout: SEARCH_TIMEOUT_MS, maxBuffer: 2 ** 26 });
    const report = JSON.parse(printed) as Report;
    const [model] = report.models;
    if (!report.ok || model === undefined) throw new Error('Verifpal could not read the model.');
    const { queries } = model.analysis;
    return {
      queries: queries.map(({ query }) => query),
      broken: new Set(queries.filter(({ resolved }) => resolved).map(({ query }) => query)),
      isExhaustive: queries.every(({ resolved, envelope }) => resolved || envelope.exhausted),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
};
