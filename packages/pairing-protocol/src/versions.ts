/** Versions of the handshake this software speaks, best first. */
export const PAIR_VERSIONS: readonly number[] = Object.freeze([1]);

/** Most versions one side may list. */
export const MAX_VERSIONS = 8;

/** The highest version both sides speak; `undefined` when there is none. */
export const commonVersion = (offered: readonly number[]): number | undefined => {
  const common = PAIR_VERSIONS.filter((version) => offered.includes(version));
  return common.length === 0 ? undefined : Math.max(...common);
};
