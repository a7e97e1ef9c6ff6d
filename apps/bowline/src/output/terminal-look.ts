/** How a terminal shows text; what is printed for a person is fitted to it. */
export interface TerminalLook {
  /** Characters a line holds; `undefined` where that is not known, as in a file. */
  readonly columns: number | undefined;
  /** Lines at once. */
  readonly rows: number | undefined;
  /** Whether colours may be used: at a terminal that knows them, unless `NO_COLOR` is set. */
  readonly hasColors: boolean;
}

/** Where nothing is known: a file, a pipe. */
export const PLAIN_LOOK: TerminalLook = { columns: undefined, rows: undefined, hasColors: false };

/** What is known of the terminal behind `stream`. */
export const lookOf = (stream: NodeJS.WriteStream): TerminalLook =>
  stream.isTTY === true
    ? { columns: stream.columns || undefined, rows: stream.rows || undefined, hasColors: stream.hasColors() }
    : PLAIN_LOOK;
