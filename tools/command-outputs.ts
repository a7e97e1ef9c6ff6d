import { COMMAND_OUTPUTS, ERROR_OUTPUT, jsonSchemaOf } from '../apps/bowline/src/output/output-schemas.ts';
import type { GeneratedFile } from './generated-file.ts';

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** What every command prints with `--json`, as tables. */
export const commandOutputs = (): readonly GeneratedFile[] => {
  const sections = Object.entries(COMMAND_OUTPUTS).flatMap(([command, outputs]) => [
    `## \`bowline ${command}\``,
    '',
    ...outputs.flatMap(tableOf),
  ]);
  const content = [
    '# What commands print with `--json`',
    '',
    'One object a line on standard output, and nothing else there. Every object has `event`; fields that end in `AtMs` are',
    'milliseconds since 1970, and so is `sinceMs`; others in `Ms` are milliseconds; round trips are rounded to hundredths, what elapsed to whole ones.',
    'A path is `path` (`direct`, `relay`, or `null` while it is not known), with `remoteAddress` and `rttMs` beside it; a device',
    'is `id`, `endpointId` and `name`, and `deviceId` and `name` in what is about one. Fields may be added, and none is taken',
    'away or renamed. Made from `apps/bowline/src/output/output-schemas.ts` by `npm run generate`; tests hold what is printed',
    'against the same schemas.',
    '',
    'Any command that fails prints this, and ends with the exit code of [command-line.md](command-line.md):',
    '',
    ...tableOf(ERROR_OUTPUT),
    ...sections,
  ].join('\n');
  return [{ path: 'docs/guides/json-output.md', content: `${content.trimEnd()}\n` }];
};

const tableOf = (output: Parameters<typeof jsonSchemaOf>[0]): readonly string[] => {
  const { properties = {}, required = [] } = jsonSchemaOf(output) as JsonSchema;
  const { event = {}, ...fields } = properties;
  const rows = Object.entries(fields).map(([name, field]) => {
    const mark = required.includes(name) ? '' : ' (may be absent)';
    return `| \`${name}\` | ${typeOf(field)}${mark} |`;
  });
  return [`**\`${String(event.const)}\`**`, '', '| field | value |', '|---|---|', ...rows, ''];
};

const typeOf = (schema: JsonSchema): string => {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(', or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.properties !== undefined) {
    const fields = Object.entries(schema.properties).map(([name, field]) => `\`${name}\` (${typeOf(field)})`);
    return fields.length === 0 ? 'object' : `object of ${fields.join('; ')}`;
  }
  const types = [schema.type ?? []].flat();
  return types.map((type) => TYPE_NAMES[type] ?? 'anything').join(', or ') || 'anything';
};

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  null: '`null`',
  object: 'object',
};
