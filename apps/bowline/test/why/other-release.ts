/** A text of one file of the sources, as another release has it. */
interface Difference {
  /** How the address of the file ends. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Runs in each process and thread of the program, before it: sources that have no such text are not read at all. */
const readDifferently = (differences: readonly Difference[]): string => `import { registerHooks } from 'node:module';
const differences = ${JSON.stringify(differences)};
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const here = differences.filter(({ file }) => url.endsWith(file));
    if (here.length === 0) return loaded;
    let source = String(loaded.source);
    for (const { from, to } of here) {
      if (!source.includes(from)) throw new Error(url + ' has no ' + from);
      source = source.replaceAll(from, to);
    }
    return { ...loaded, source };
  },
});`;

/** What runs a daemon as another release would: the sources, which differ in something. */
export const otherRelease = (...differences: readonly Difference[]): readonly string[] => {
  const program = Buffer.from(readDifferently(differences)).toString('base64');
  return ['env', 'BOWLINE_PROGRAM=sources', `NODE_OPTIONS=--import=data:text/javascript;base64,${program}`];
};
