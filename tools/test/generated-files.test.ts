import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as contracts from '@bowline/contracts';
import { CHANNEL_SHAPES } from '@bowline/contracts/shapes';
import { describe, expect, it } from 'vitest';
import { channelPrint } from '../channel-print.ts';
import { channelShapes } from '../channel-shapes.ts';

import { commandOutputs } from '../command-outputs.ts';

import { errorCodes } from '../error-codes.ts';

import { staleFiles } from '../generated-file.ts';
import { machineDiagrams } from '../machine-diagrams.ts';

describe('documents made from code', () => {
  it('are what the code says now; else run `npm run generate`', () => {
    const made = [...machineDiagrams(), ...channelShapes(), ...channelPrint(), ...commandOutputs(), ...errorCodes()];
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
        // Words of its page, in answers that are no errors of ours.
        '--exclude-dir=inspector',
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
    const rows = page.split('\n').filter((line) => /^\| `[\w.]+` \|/.test(line));
    expect(rows.length).toBeGreaterThan(150);
    expect(page).toContain('| `verdict.changed` | `{ addresses: SocketAddress[]; nat: NatKind }` |');
  });

  it('have a shape for every request and event of every channel', () => {
    const { channels } = CHANNEL_SHAPES;
    const exported: readonly unknown[] = Object.values(contracts);
    const definitions = exported.filter(
      (value): value is contracts.ChannelDefinition =>
        typeof value === 'object' && value !== null && 'requests' in value && 'events' in value,
    );
    expect(definitions.length).toBeGreaterThan(10);
    for (const { name, requests, events } of definitions) {
      expect([name, Object.keys(channels[name]?.requests ?? {})]).toEqual([name, Object.keys(requests)]);
      expect([name, Object.keys(channels[name]?.events ?? {})]).toEqual([name, Object.keys(events)]);
    }
  });
});
