/** What every release serves for pushes, the latest first: one that knows both serves both. */
const PUSHES: readonly string[] = ['bowline.push/2', 'bowline.push/1'];

/** Services as a person knows them: of several versions of one the latest alone, in the order given. */
export const shownServices = <T extends { readonly name: string }>(services: readonly T[]): readonly T[] => {
  const latest = PUSHES.find((push) => services.some(({ name }) => name === push));
  return services.filter(({ name }) => !PUSHES.includes(name) || name === latest);
};

/** The name of a service, or what Bowline itself serves by it. */
export const servicePhrase = (name: string): string => (PUSHES.includes(name) ? 'files that are pushed' : name);
