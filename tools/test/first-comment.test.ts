import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { firstComment } from '../first-comment.ts';

describe('first comment', () => {
  test('is text without marks', () => {
    expect(firstComment('/**\n * One line,\n *\n * - and another.\n */\nconst a = 1; /* not this */\n')).toBe(
      'One line,\n\n- and another.\n',
    );
    expect(firstComment('/** Short. */\n')).toBe('Short.\n');
    expect(firstComment('const a = 1; /** Late. */\n')).toBe('');
  });

  const programs = Object.entries<string>(JSON.parse(readFileSync('package.json', 'utf8')).scripts).flatMap(
    ([name, command]) => {
      const file = /run-sources\.ts (\S+)/.exec(command)?.[1];
      return file === undefined ? [] : [{ name, file }];
    },
  );
  const benches = globSync('tools/bench/*.ts').map((file) => ({ name: `bench ${file.slice(12, -3)}`, file }));

  test.each([...programs, ...benches])('of what `npm run $name` runs says how it is run', ({ name, file }) => {
    expect(firstComment(readFileSync(file, 'utf8'))).toContain(`npm run ${name}`);
  });
});
