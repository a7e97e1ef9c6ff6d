import type { DeviceDiagnosis } from '@bowline/contracts';
import { evidencePhrase } from '@bowline/diagnosis/phrases';
import { shownName } from './shown-name.ts';
import { headedTable } from './status-page.ts';
import type { TerminalLook } from './terminal-look.ts';
import { relativeTime } from './times.ts';
import { visibleText } from './visible-text.ts';

/** What is said after a sentence that is not certain. */
const DOUBTS: Readonly<Record<DeviceDiagnosis['certainty'], string | null>> = {
  known: null,
  likely: 'That is likely, not certain.',
  unknown: null,
};

/** A diagnosis for a person: the sentence, what speaks for it, what would help. It may be drawn. */
export const diagnosisPage = (
  { device, sentence, certainty, evidence, remedies, also }: DeviceDiagnosis,
  nowMs: number,
  look: TerminalLook,
): string => {
  const name = shownName(device.name);
  const rows = evidence.map((each) => [
    ...evidencePhrase(each, nowMs),
    each.from === 'here' ? 'this device' : name,
    relativeTime(each.atMs, nowMs),
  ]);
  return [
    visibleText([sentence, DOUBTS[certainty]].filter((part) => part !== null).join(' ')),
    ...also.map((other) => visibleText(`Also: ${other.sentence}`)),
    ...(rows.length === 0 ? [] : ['', headedTable(['What', 'Is', 'Seen by', 'When'], rows, look)]),
    ...(remedies.length === 0 ? [] : ['', 'What would help']),
    ...remedies.map((remedy) =>
      visibleText(`  - ${remedy.sentence}${remedy.tried === null ? '' : ` (tried: ${remedy.tried.outcome})`}`),
    ),
  ].join('\n');
};
