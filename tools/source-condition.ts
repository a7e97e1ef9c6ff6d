/** The condition in every package's `exports` under which its sources are found instead of what was built. */
export const SOURCE_CONDITION = 'bowline-source';

/** Every Node process, and every thread, that this process starts from now on finds the sources. */
export const withSources = (): void => {
  const argument = `--conditions=${SOURCE_CONDITION}`;
  const given = process.env.NODE_OPTIONS ?? '';
  if (!given.includes(argument)) process.env.NODE_OPTIONS = `${given} ${argument}`.trim();
};
