import { readdirSync, readFileSync } from 'node:fs';
import { brandAs, type DeviceDiagnosis } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { diagnosisPage } from '../src/output/diagnosis-page.ts';
import { evidencePhrase, PHRASED_FACTS } from '../src/output/evidence-phrase.ts';
import { COMMAND_OUTPUTS } from '../src/output/output-schemas.ts';
import { PLAIN_LOOK } from '../src/output/terminal-look.ts';

const NOW_MS = 1_800_000_000_000;

const diagnosis: DeviceDiagnosis = {
  device: { id: brandAs('d-0123456789abcdef'), name: 'nas' },
  state: 'connected',
  path: 'relay',
  cause: 'relayed-udp-blocked',
  sentence: 'nas is connected through a relay, because UDP does not get out of the network that nas is on.',
  certainty: 'likely',
  side: 'there',
  evidence: [
    { fact: 'udp', value: 'works', atMs: NOW_MS - 1_000, from: 'here' },
    { fact: 'udp', value: 'blocked', atMs: NOW_MS - 60_000, from: 'there' },
  ],
  remedies: [{ code: 'allow-udp', sentence: 'Allow outgoing UDP.', tried: { outcome: 'still blocked', atMs: NOW_MS } }],
  also: [{ cause: 'slow-loss', sentence: 'The path loses\u001b[2J packets.', side: 'between' }],
};

it('says the sentence first, then the evidence of both sides, then what would help', () => {
  expect(diagnosisPage(diagnosis, NOW_MS, PLAIN_LOOK)).toBe(
    [
      `${diagnosis.sentence} That is likely, not certain.`,
      'Also: The path loses\\u001b[2J packets.',
      '',
      '  What  Is       Seen by      When',
      '  UDP   works    this device  1 second ago',
      '  UDP   blocked  nas          1 minute ago',
      '',
      'What would help',
      '  - Allow outgoing UDP. (tried: still blocked)',
    ].join('\n'),
  );
});

it('is printed as the schema has it', () => {
  const [schema] = COMMAND_OUTPUTS.why ?? [];
  expect(schema?.parse({ event: 'why', ...diagnosis })).toEqual({ event: 'why', ...diagnosis });
});

/** Names of facts, as the rules of a diagnosis write them. */
const factsOfRules = (): readonly string[] => {
  const folder = new URL('../../../packages/diagnosis/src/', import.meta.url);
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
    ['connection.lossRatio', 0.123, ['packets lost', '12.3 %']],
    ['families', '', ['addresses of kind', 'none: no network']],
    ['relay r.example', 'dns', ['relay r.example', 'its name was not found']],
    ['relay r.example', 12.4, ['relay r.example', '12 ms']],
    ['nat', 'symmetric', ['before the internet', 'a router that takes a port for every destination']],
    ['of.another', null, ['of.another', '–']],
  ])('%s of %j reads %j', (fact, value, phrase) => {
    expect(evidencePhrase({ fact, value }, NOW_MS)).toEqual(phrase);
  });
});
