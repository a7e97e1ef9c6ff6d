import { brandAs, type DeviceDiagnosis } from '@bowline/contracts';
import { expect, it } from 'vitest';
import { diagnosisPage } from '../src/output/diagnosis-page.ts';
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
  also: [
    { cause: 'slow-loss', sentence: 'The path loses\u001b[2J packets.', certainty: 'known', side: 'between' },
    { cause: 'relayed-firewall', sentence: 'It may be a firewall.', certainty: 'likely', side: 'there' },
  ],
};

it('says the sentence first, then the evidence of both sides, then what would help', () => {
  expect(diagnosisPage(diagnosis, NOW_MS, PLAIN_LOOK)).toBe(
    [
      `${diagnosis.sentence} That is likely, not certain.`,
      'Also: The path loses\\u001b[2J packets.',
      'Perhaps also: It may be a firewall.',
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
