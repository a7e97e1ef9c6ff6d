import type { DeviceDiagnosis } from '@bowline/contracts';
import { besidePhrase, causePhrase, evidencePhrase } from '@bowline/diagnosis/phrases';
import { shownName } from './shown-name.ts';
import { headedTable } from './status-page.ts';
import type { TerminalLook } from './terminal-look.ts';
import { relativeTime } from './times.ts';
import { visibleText } from './visible-text.ts';

/** A diagnosis for a person: the sentence, what speaks for it, what would help. It may be drawn. */
export const diagnosisPage = (diagnosis: DeviceDiagnosis, nowMs: number, look: TerminalLook): string => {
  const { device, evidence, remedies, also } = diagnosis;
  const name = shownName(device.name);
  const rows = evidence.map((each) => [
    ...evidencePhrase(each, nowMs),
    each.from === 'here' ? 'this device' : name,
    relativeTime(each.atMs, nowMs),
  ]);
  return [
    visibleText(causePhrase(diagnosis)),
    ...also.map((other) => visibleText(besidePhrase(other))),
    ...(rows.length === 0 ? [] : ['', headedTable(['What', 'Is', 'Seen by', 'When'], rows, look)]),
    ...(remedies.length === 0 ? [] : ['', 'What would help']),
    ...remedies.map((remedy) =>
      visibleText(`  - ${remedy.sentence}${remedy.tried === null ? '' : ` (tried: ${remedy.tried.outcome})`}`),
    ),
  ].join('\n');
};
