import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { channelPrint } from '../channel-print.ts';

import { commandOutputs } from '../command-outputs.ts';

import { errorCodes } from '../error-codes.ts';

import { staleFiles } from '../generated-file.ts';
import { machineDiagrams } from '../machine-diagrams.ts';

describe('documents made from code', () => {
  it('are what the code says now; else run `npm run generate`', () => {
    const made = [...machineDiagrams(), ...channelPrint(), ...commandOutputs(), ...errorCodes()];
    expect(staleFiles(made)).toEqual([]);
  });

  it('draw every state of both machines', () => {
    const [initiator, joiner] = machineDiagrams().map(({ content }) => content);
    for (const state of ['offering', 'proving', 'confirming', 'completed', 'failed'])
      expect(initiator).toContain(`"${state}"`);
    for (const state of ['searching', 'completed', 'failed']) expect(joiner).toContain(`"${state}"`);
  });

  it('tell of every code that the sources name', () => {
    const page = errorCodes()[0]?.content ?? '';
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const named = execFileSync(
      'grep',
      [
        '-rhoE',
        "code: '[A-Z]+_[A-Z_]+'",
        '--exclude-dir=testing',
        'packages',
        'apps',
        '--include=*.ts',
        '--exclude-dir=test',
        '--exclude-dir=dist',
      ],
      { cwd: root },
    )
      .toString()
      .matchAll(/'([A-Z_]+)'/g);
    const codes = new Set([...named].map(([, code]) => code));
    expect(codes.size).toBeGreaterThan(60);
    expect([...codes].filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  it('print every request of a channel', () => {
    const page = channelPrint()[0]?.content ?? '';
    for (const name of ['`dial`', '`frame.received`', '`search`', '`device.sighted`', '`appendJournal`']) {
      expect(page).toContain(name);
    }
  });
});
