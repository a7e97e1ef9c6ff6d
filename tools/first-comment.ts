/** @returns the text of the comment that a source begins with, without its marks; empty where it begins with something else */
export const firstComment = (source: string): string => {
  const comment = /^\/\*\*?([\s\S]*?)\*\//.exec(source)?.[1];
  if (comment === undefined) return '';
  const lines = comment.split('\n').map((line) => line.replace(/^ ?\* ?/, '').trimEnd());
  return `${lines.join('\n').trim()}\n`;
};
