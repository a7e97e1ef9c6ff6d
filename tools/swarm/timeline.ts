/** Lines kept of one household: enough for the minutes before something went wrong. */
const MAX_LINES = 400;

/** What happened in one household lately. */
export class Timeline {
  readonly #lines: { readonly atMs: number; readonly who: string; readonly what: string }[] = [];

  note(atMs: number, who: string, what: string): void {
    this.#lines.push({ atMs, who, what });
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }

  /** As text, oldest first. */
  print(): readonly string[] {
    return this.#lines.map(({ atMs, who, what }) => `${stampOf(atMs)}  ${who.padEnd(9)}${what}`);
  }
}

/** `01:02:03.004` of milliseconds. */
export const stampOf = (atMs: number): string => {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const ms = String(Math.floor(atMs % 1_000)).padStart(3, '0');
  return `${two(atMs / 3_600_000)}:${two((atMs / 60_000) % 60)}:${two((atMs / 1_000) % 60)}.${ms}`;
};
