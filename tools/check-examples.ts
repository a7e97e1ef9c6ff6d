/**
 * Compiles every TypeScript example of the documents, and parses every JSON one. What an example leaves out for its reader
 * stands in a comment before it, which nobody sees on the page:
 *
 *     <!-- example: declare const clock: Clock; -->
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { documentExamples, type Example } from './document-examples.ts';
import { ROOT } from './package-shape.ts';

const FOLDER = join(ROOT, '.cache/examples');

const documents = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
})
  .toString()
  .split('\0')
  .filter((file) => file !== '');
const examples = documents.flatMap((file) => documentExamples(file, readFileSync(join(ROOT, file), 'utf8')));

const jsonProblem = ({ code }: Example): string | undefined => {
  try {
    JSON.parse(code);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const broken = examples
  .filter(({ language }) => language === 'json')
  .flatMap((example) => {
    const problem = jsonProblem(example);
    return problem === undefined ? [] : [`${example.file}:${example.line}: ${problem}`];
  });

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const written = examples
  .filter(({ language }) => language === 'ts')
  .map((example, index) => {
    const name = `example-${index}.ts`;
    // A module of its own, whatever it holds.
    writeFileSync(join(FOLDER, name), `${example.preamble}\nexport {};\n${example.code}\n`);
    return { ...example, name, firstLine: example.preamble.split('\n').length + 2 };
  });
writeFileSync(
  join(FOLDER, 'tsconfig.json'),
  JSON.stringify({
    extends: relative(FOLDER, join(ROOT, 'tsconfig.tests.json')),
    compilerOptions: { noUnusedLocals: false },
    include: ['*.ts'],
  }),
);
const tsc = spawnSync(
  process.execPath,
  [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', FOLDER, '--pretty', 'false'],
  {
    encoding: 'utf8',
    cwd: FOLDER,
  },
);
const said = tsc.stdout.replaceAll(/^example-(\d+)\.ts\((\d+),/gm, (_, index: string, line: string) => {
  const example = written[Number(index)];
  if (example === undefined) return `${index}(${line},`;
  return `${example.file}:${example.line + Number(line) - example.firstLine} (`;
});
rmSync(FOLDER, { recursive: true, force: true });

process.stderr.write([...broken, said].filter((text) => text !== '').join('\n'));
process.stdout.write(`${examples.length} examples in ${new Set(examples.map(({ file }) => file)).size} documents.\n`);
process.exitCode = tsc.status === 0 && broken.length === 0 ? 0 : 1;
