import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GeneratedFile } from './generated-file.ts';

const CHANNELS = fileURLToPath(new URL('../packages/contracts/src/channels/', import.meta.url));

interface Member {
  readonly kind: 'request' | 'event';
  readonly name: string;
  readonly prose: string;
}

/** The channel files as one page: what each conversation is about, what can be asked, what is told. */
export const channelPrint = (): readonly GeneratedFile[] => {
  const sections = readdirSync(CHANNELS)
    .filter((name) => name.endsWith('.ts'))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap((name) => sectionsOf(name, readFileSync(`${CHANNELS}${name}`, 'utf8')));
  const content = [
    '# Channels',
    '',
    'A print of [`packages/contracts/src/channels`](../packages/contracts/src/channels), where the shapes are; made by',
    '`npm run generate`, and `npm test` fails when it is out of date.',
    '',
    ...sections,
  ].join('\n');
  return [{ path: 'docs/CHANNELS.md', content }];
};

const sectionsOf = (file: string, source: string): readonly string[] =>
  [
    ...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export const \w+ = defineChannel\(\{([\s\S]*?)\n\}\);/g),
  ].flatMap(([, doc = '', body = '']) => {
    const name = /name: '([^']+)'/.exec(body)?.[1] ?? file;
    const version = /version: (\d+)/.exec(body)?.[1] ?? '?';
    const shared = /\.\.\.search\w+|: search\w+/.test(body)
      ? membersOf(source.slice(0, source.indexOf('defineChannel({')))
      : [];
    const members = [...shared, ...membersOf(body)];
    const rows = (kind: Member['kind']) =>
      members.filter((member) => member.kind === kind).map((member) => `| \`${member.name}\` | ${member.prose} |`);
    return [
      `## ${name} (version ${version})`,
      '',
      proseOf(doc),
      '',
      '| asked | |',
      '|---|---|',
      ...rows('request'),
      '',
      '| tells | |',
      '|---|---|',
      ...rows('event'),
      '',
    ];
  });

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
