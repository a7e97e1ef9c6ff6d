/** The smallest value that at least this share of all values does not exceed; `NaN` of none. @param ratio 0 to 1 */
export const percentile = (values: readonly number[], ratio: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(ratio * sorted.length) - 1)] ?? Number.NaN;
};
