/** One example of a document. */
export interface Example {
  readonly file: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly language: 'ts' | 'json';
  readonly code: string;
  /** What stands for everything the example leaves out. */
  readonly preamble: string;
}

const BLOCK = /(?:<!-- example:([\s\S]*?)-->\s*\n)?^```(ts|typescript|js|javascript|json)\n([\s\S]*?)^```$/gm;

/** The examples of a Markdown document that a compiler or parser can judge. */
export const documentExamples = (file: string, text: string): readonly Example[] =>
  [...text.matchAll(BLOCK)].map(({ index, 0: whole, 1: preamble = '', 2: language = '', 3: code = '' }) => {
    const before = text.slice(0, index + whole.indexOf('```') + '```'.length);
    return {
      file,
      line: before.split('\n').length + 1,
      language: language === 'json' ? 'json' : 'ts',
      code,
      preamble: preamble.trim(),
    };
  });
