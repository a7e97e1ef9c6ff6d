import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as contracts from '@bowline/contracts';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** All code that runs on a person's machine; definitions, tests and test doubles are no use of a channel. */
const source = ['packages', 'apps']
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name, 'src')))
  .filter((folder) => !/packages\/(contracts|testing)\/src$/.test(folder))
  .flatMap((folder) => {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  })
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  .join('\n');

const channels = Object.values(contracts as Record<string, unknown>).filter(
  (value): value is contracts.ChannelDefinition =>
    typeof value === 'object' && value !== null && 'requests' in value && 'events' in value,
);

/** Of endpoints, for the services that are to ride on links: no part of a host listens yet. */
const AWAITED = /^(stream|datagram)\./;

const isHeard = (name: string): boolean => new RegExp(`\\.on\\(\\s*'${name.replaceAll('.', '\\.')}'`).test(source);

describe.each(channels.map((channel) => [channel.name, channel] as const))('the channel %s', (_name, channel) => {
  it('tells no event that nobody hears', () => {
    expect(Object.keys(channel.events).filter((event) => !AWAITED.test(event) && !isHeard(event))).toEqual([]);
  });
});
