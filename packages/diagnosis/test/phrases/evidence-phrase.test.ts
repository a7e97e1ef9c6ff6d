import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { evidencePhrase, PHRASED_FACTS } from '../../src/phrases.ts';

const NOW_MS = 1_800_000_000_000;

/** Names of facts, as the rules of a diagnosis write them. */
const factsOfRules = (): readonly string[] => {
  const folder = new URL('../../src/', import.meta.url);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const text = sources.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n');
  const named = text.matchAll(/(?:seenHere|toldThere|factOfBoth)\(\s*situation,\s*'([^']+)'/g);
  return [...new Set([...named].map(([, fact = '']) => fact))];
};

describe('evidence', () => {
  it('has words for every fact that a rule names', () => {
    expect(factsOfRules().length).toBeGreaterThan(20);
    expect(factsOfRules().filter((fact) => !PHRASED_FACTS.includes(fact))).toEqual([]);
  });

  it.each([
    ['path.scope', 'lan', ['address is', 'on this network']],
    ['path.learntFrom', null, ['address learnt', 'by trying']],
    ['connection.lastDown', 'closedHere', ['last connection ended', 'this device closed the connection']],
    ['connection.lastHeardAtMs', null, ['last heard', 'never']],
    ['connection.lossRatio', 0.123, ['sent packets lost', '12.3 %']],
    ['families', '', ['addresses of kind', 'none: no network']],
    ['relay r.example', 'dns', ['relay r.example', 'its name was not found']],
    ['relay r.example', 12.4, ['relay r.example', '12 ms']],
    ['nat', 'symmetric', ['before the internet', 'a router that takes a port for every destination']],
    ['of.another', null, ['of.another', '–']],
  ])('%s of %j reads %j', (fact, value, phrase) => {
    expect(evidencePhrase({ fact, value }, NOW_MS)).toEqual(phrase);
  });
});
