import { describe, expect, it } from 'vitest';
import { channelPrint } from '../channel-print.ts';
import { commandOutputs } from '../command-outputs.ts';
import { staleFiles } from '../generated-file.ts';
import { machineDiagrams } from '../machine-diagrams.ts';

describe('documents made from code', () => {
  it('are what the code says now; else run `npm run generate`', () => {
    expect(staleFiles([...machineDiagrams(), ...channelPrint(), ...commandOutputs()])).toEqual([]);
  });

  it('draw every state of both machines', () => {
    const [initiator, joiner] = machineDiagrams().map(({ content }) => content);
    for (const state of ['offering', 'proving', 'confirming', 'completed', 'failed'])
      expect(initiator).toContain(`"${state}"`);
    for (const state of ['searching', 'completed', 'failed']) expect(joiner).toContain(`"${state}"`);
  });

  it('print every request of a channel', () => {
    const page = channelPrint()[0]?.content ?? '';
    for (const name of ['`dial`', '`frame.received`', '`search`', '`device.sighted`', '`appendJournal`']) {
      expect(page).toContain(name);
    }
  });
});
