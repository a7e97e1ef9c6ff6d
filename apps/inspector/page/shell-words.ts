/** A device of a list. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** What every shell takes as it is. */
const PLAIN = /^[\w%+:,./@][\w%+:,./@=-]*$/;

/** What any text is for a shell. */
export const shellWord = (text: string): string => (PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/**
 * A device as a command names it: by its name where every shell takes that as it is and no other device could be meant, else
 * by its id. Pure.
 */
export const wordOf = ({ id, name }: Named, all: readonly Named[]): string => {
  const typed = name.toLowerCase();
  const isOther = (other: Named): boolean =>
    other.id !== id && (other.name.toLowerCase() === typed || other.id.startsWith(typed));
  // What looks like an id, or the beginning of one, is best not taken for a name.
  const isClear = PLAIN.test(name) && !/^(?:d-|[0-9a-f]{4,}$)/i.test(name) && !all.some(isOther);
  return isClear ? name : id;
};
