import { expect, it } from 'vitest';
import { documentExamples } from '../document-examples.ts';

const page = [
  '# A page',
  '',
  '<!-- example: declare const host: Host; -->',
  '',
  '```ts',
  'await host.start();',
  '```',
  '',
  '```sh',
  'npm start',
  '```',
  '',
  '```json',
  '{ "a": 1 }',
  '```',
].join('\n');

it('finds what can be compiled or parsed, where it stands, and what it leaves out', () => {
  expect(documentExamples('page.md', page)).toEqual([
    { file: 'page.md', line: 6, language: 'ts', code: 'await host.start();\n', preamble: 'declare const host: Host;' },
    { file: 'page.md', line: 14, language: 'json', code: '{ "a": 1 }\n', preamble: '' },
  ]);
});
