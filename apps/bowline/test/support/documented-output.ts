import { expect } from 'vitest';
import type { z } from 'zod';
import type { Line } from '../../src/demo/child-command.ts';
import { COMMAND_OUTPUTS, ERROR_OUTPUT } from '../../src/output/output-schemas.ts';

/** Commands that are one of several under a word of their own. */
const GROUPS: ReadonlySet<string | undefined> = new Set(['backup', 'key', 'relay', 'service']);

const commandOf = ([command = '', nested = '']: readonly string[]): string =>
  GROUPS.has(command) ? `${command} ${nested}` : command;

const eventOf = (schema: z.ZodObject): unknown => (schema.shape.event as z.ZodLiteral).value;

/** Expects that a line a command printed is one the guide says it prints, with exactly the fields it says. */
export const expectDocumented = (args: readonly string[], line: Line): void => {
  const outputs = [...(COMMAND_OUTPUTS[commandOf(args)] ?? []), ERROR_OUTPUT];
  const fitting = outputs.filter((schema) => eventOf(schema) === line.event);
  expect(fitting, `bowline ${args[0]} prints ${String(line.event)}`).not.toHaveLength(0);
  const problems = fitting.map((schema) => schema.safeParse(line).error?.issues ?? []);
  expect(problems.some(({ length }) => length === 0) ? [] : problems, JSON.stringify(line)).toEqual([]);
};
