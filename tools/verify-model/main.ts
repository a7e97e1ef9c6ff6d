/**
 * `npm run verify:model`: searches the models of `docs/protocol/model` for attacks, and each of them with a mistake in it, where an
 * attack must be found. Exit code 1 when a claim falls, or a mistake is not noticed. See the README beside the models.
 */
import { readFileSync } from 'node:fs';
import { installVerifpal } from './install-verifpal.ts';
import { MODELS, type ProtocolModel } from './models.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import { searchAttacks } from './search-attacks.ts';

/** Two can be played against each other; one shows what needs no second. */
const SESSIONS = [1, 2] as const;

const verifpal = installVerifpal();
let failures = 0;

const report = (isRight: boolean, what: string, startedAtMs: number): void => {
  if (!isRight) failures += 1;
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  process.stdout.write(`${isRight ? 'ok    ' : 'FAILED'} ${what} (${seconds} s)\n`);
};

const sourceOf = (model: string): string =>
  readFileSync(new URL(`../../docs/protocol/model/${model}.vp`, import.meta.url), 'utf8');

const verify = ({ hasGrowingTerms, name, repeatable }: ProtocolModel, sessions: number): void => {
  const startedAtMs = performance.now();
  const { broken, isExhaustive, queries } = searchAttacks(verifpal, sourceOf(name), sessions);
  const wanted = new Set(sessions === 1 ? [] : repeatable);
  const unexpected = [
    ...queries.filter((query) => broken.has(query) !== wanted.has(query)).map((query) => `not as claimed: ${query}`),
    ...repeatable.filter((query) => !queries.includes(query)).map((query) => `no query: ${query}`),
    ...(isExhaustive || hasGrowingTerms ? [] : ['not searched to the end']),
  ];
  const held = [
    `${queries.length - wanted.size} claims hold`,
    ...(wanted.size > 0 ? [`${wanted.size} can be repeated`] : []),
    ...(isExhaustive ? [] : ['terms searched to a depth']),
  ];
  const isRight = unexpected.length === 0;
  report(isRight, `${name}, sessions: ${sessions}: ${(isRight ? held : unexpected).join(', ')}`, startedAtMs);
};

const mutate = ({ changes, mistake, model }: Mutant): string =>
  changes.reduce((source, [from, to]) => {
    if (!source.includes(from)) throw new Error(`"${mistake}" does not apply to ${model}: it has no "${from}"`);
    return source.replaceAll(from, to);
  }, sourceOf(model));

const demandBroken = (mutant: Mutant): void => {
  const startedAtMs = performance.now();
  const missed = SESSIONS.reduce<readonly string[]>((left, sessions) => {
    if (left.length === 0) return left;
    const { broken } = searchAttacks(verifpal, mutate(mutant), sessions);
    return left.filter((query) => !broken.has(query));
  }, mutant.breaks);
  const outcome = missed.length === 0 ? 'found out' : `nobody noticed: ${missed.join('; ')}`;
  report(missed.length === 0, `${mutant.model}, ${mutant.mistake}: ${outcome}`, startedAtMs);
};

for (const model of MODELS) for (const sessions of SESSIONS) verify(model, sessions);
for (const mutant of MUTANTS) demandBroken(mutant);
process.exitCode = failures === 0 ? 0 : 1;
