import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ChannelShape, type ChannelShapes, shapeText } from '@bowline/contracts/shapes';
import { readChannelShapes } from './channel-shapes.ts';
import type { GeneratedFile } from './generated-file.ts';

const CHANNELS = fileURLToPath(new URL('../packages/contracts/src/channels/', import.meta.url));

interface Member {
  readonly kind: 'request' | 'event';
  readonly name: string;
  readonly prose: string;
}

/** The channel files as one page: what each conversation is about, what can be asked, what is told. */
export const channelPrint = (): readonly GeneratedFile[] => {
  const shapes = readChannelShapes();
  const sections = readdirSync(CHANNELS)
    .filter((name) => name.endsWith('.ts'))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap((name) => sectionsOf(name, readFileSync(`${CHANNELS}${name}`, 'utf8'), shapes));
  const content = [
    '# Channels',
    '',
    'A print of [`packages/contracts/src/channels`](../packages/contracts/src/channels), with the shapes as the compiler reads',
    'them; made by `npm run generate`, and `npm test` fails when it is out of date. A worker that is run alone',
    '(`bowline worker NAME`) says the same of itself when it is asked `describe`, and which field of an input is wrong.',
    '',
    'Names in shapes stand [below](#shapes), but for texts with a meaning (`DeviceId`, `EndpointId`, `RelayUrl`, …). A field with',
    '`?` may be left out. Bytes are a `Uint8Array`, and `{ "$bytes": "<base64>" }` where a channel is JSON lines.',
    '',
    ...sections,
    '## Shapes',
    '',
    '| | |',
    '|---|---|',
    ...Object.entries(shapes.named).map(([name, shape]) => `| \`${name}\` | ${cell(shapeText(shape))} |`),
    '',
  ].join('\n');
  return [{ path: 'docs/CHANNELS.md', content }];
};

const sectionsOf = (file: string, source: string, shapes: ChannelShapes): readonly string[] =>
  [
    ...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export const \w+ = defineChannel\(\{([\s\S]*?)\n\}\);/g),
  ].flatMap(([, doc = '', body = '']) => {
    const name = /name: '([^']+)'/.exec(body)?.[1] ?? file;
    const version = /version: (\d+)/.exec(body)?.[1] ?? '?';
    const shared = /\.\.\.search\w+|: search\w+/.test(body)
      ? membersOf(source.slice(0, source.indexOf('defineChannel({')))
      : [];
    const members = [...shared, ...membersOf(body)];
    const shape = shapes.channels[name] ?? NO_SHAPE;
    const rows = (kind: Member['kind']) =>
      members
        .filter((member) => member.kind === kind)
        .map((member) => `| \`${member.name}\` | ${shapesOf(member, shape)} | ${member.prose} |`);
    return [
      `## ${name} (version ${version})`,
      '',
      proseOf(doc),
      '',
      '| asked | takes | answers | |',
      '|---|---|---|---|',
      ...rows('request'),
      '',
      '| tells | with | |',
      '|---|---|---|',
      ...rows('event'),
      '',
    ];
  });

const NO_SHAPE: ChannelShape = { requests: {}, events: {} };

/** In a table, a bar would end the cell, inside code as well. */
const cell = (text: string): string => (text === 'nothing' ? '' : `\`${text.replaceAll('|', '\\|')}\``);

const shapesOf = ({ kind, name }: Member, { requests, events }: ChannelShape): string => {
  if (kind === 'event') return cell(shapeText(events[name] ?? 'nothing'));
  const { input, output } = requests[name] ?? { input: 'nothing', output: 'nothing' };
  return `${cell(shapeText(input))} | ${cell(shapeText(output))}`;
};

const membersOf = (text: string): readonly Member[] =>
  [...text.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?'?([\w.]+)'?: (request|event)</g)].map(
    ([, doc = '', name = '', kind]) => ({
      name,
      kind: kind as Member['kind'],
      prose: proseOf(doc).replaceAll('|', '\\|'),
    }),
  );

const proseOf = (doc: string): string =>
  doc
    .replaceAll(/^\s*\* ?/gm, ' ')
    .replaceAll(/\{@link ([^}]+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim();
