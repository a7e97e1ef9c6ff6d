import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GeneratedFile } from './generated-file.ts';
import { isPublished, ROOT, workspacePackages } from './package-shape.ts';

interface DocumentedCode {
  readonly code: string;
  readonly prose: string;
  readonly isRetryable: boolean;
  readonly packageName: string;
}

const PAIRING = 'packages/contracts/src/channels/pairing-sessions.ts';

/** Every code an error of ours can have, as the classes and the pairing contract describe them. */
export const errorCodes = (): readonly GeneratedFile[] => {
  const pairing = pairingCodes(readFileSync(join(ROOT, PAIRING), 'utf8'));
  const others = workspacePackages()
    .filter(({ manifest }) => isPublished(manifest))
    .flatMap(({ folder, manifest }) =>
      sourcesBelow(`${folder}/src`).flatMap((file) =>
        classCodes(readFileSync(join(ROOT, file), 'utf8'), manifest.name),
      ),
    );
  const content = [
    '# Error codes',
    '',
    'Whatever Bowline throws is a `BowlineError` with a stable `code`: branch on that, on nothing else. An error that comes from',
    'another process or thread keeps its code, `data`, `stage`, `retryable` and causes, and loses its class. `retryable` says that',
    'the same call may succeed later with nothing changed. Where your own `signal` ended a call, `name` is `AbortError` and `code`',
    '`ABORT_ERR`. `INTERNAL` is a mistake of ours, or a failure of the system that nobody expected; its message and `cause` say which.',
    'Made from the code by `npm run generate`.',
    '',
    '## How a pairing fails',
    '',
    'Codes of `PairingFailedError`, which `paired` rejects with; its `attempts` say why each source led nowhere.',
    '',
    '| code | |',
    '|---|---|',
    ...pairing.map(({ code, prose }) => `| \`${code}\` | ${prose} |`),
    '',
    '## All others',
    '',
    '| code | | retryable | told by |',
    '|---|---|---|---|',
    ...merged(others).map(
      ({ code, prose, isRetryable, packageName }) =>
        `| \`${code}\` | ${prose} | ${isRetryable ? 'yes' : ''} | ${packageName} |`,
    ),
    '',
  ].join('\n');
  return [{ path: 'docs/ERRORS.md', content }];
};

/** The same code may be told by several packages; it then means the same. */
const merged = (codes: readonly DocumentedCode[]): readonly DocumentedCode[] => {
  const byCode = new Map<string, DocumentedCode>();
  for (const each of codes) {
    const known = byCode.get(each.code);
    const packageName =
      known === undefined || known.packageName.includes(each.packageName)
        ? (known?.packageName ?? each.packageName)
        : `${known.packageName}, ${each.packageName}`;
    byCode.set(each.code, { ...(known ?? each), packageName });
  }
  return [...byCode.values()].toSorted((a, b) => (a.code < b.code ? -1 : 1));
};

const sourcesBelow = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`)
    .toSorted();

const CLASS = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export )?class \w+ extends BowlineError \{([\s\S]*?)\n\}/g;

type Documented = readonly [doc: string, body: string];

const classesOf = (source: string): readonly Documented[] =>
  [...source.matchAll(CLASS)].map(([, doc = '', body = '']) => [doc, body] as const);

/** An error without a class of its own is described by what stands before it. */
const thrownPlainly = (source: string): readonly Documented[] =>
  [...source.matchAll(/new BowlineError\(\{\s*code: '[A-Z_]+'[\s\S]*?\}\)/g)].map(({ 0: whole, index }) => {
    const doc = [...source.slice(0, index).matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\//g)].at(-1)?.[1] ?? '';
    return [doc, whole] as const;
  });

const classCodes = (source: string, packageName: string): readonly DocumentedCode[] =>
  [...classesOf(source), ...thrownPlainly(source)].flatMap(([doc, body]) =>
    [...body.matchAll(/code: '([A-Z_]+)'/g)].map(([, code = '']) => ({
      code,
      prose: firstParagraph(doc),
      isRetryable: /retryable: true/.test(body),
      packageName,
    })),
  );

const pairingCodes = (source: string): readonly Pick<DocumentedCode, 'code' | 'prose'>[] => {
  const union = /export type PairingFailureCode =([\s\S]*?');\n/.exec(source)?.[1] ?? '';
  return [...union.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*\| '([A-Z_]+)'/g)].map(([, doc = '', code = '']) => ({
    code,
    prose: firstParagraph(doc),
  }));
};

const firstParagraph = (doc: string): string =>
  doc
    .split(/\n\s*\*\s*(?:\n|@)/)[0]
    ?.replaceAll(/^\s*\* ?/gm, ' ')
    .replaceAll(/@[a-z].*$/g, '')
    .replaceAll(/\{@link ([^}]+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', '\\|')
    .trim() ?? '';
