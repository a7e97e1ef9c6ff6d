import type { DeviceDiagnosis } from '@bowline/contracts';

/** A fault that was made, and what a device said of it. */
export interface NamedFault extends Pick<DeviceDiagnosis, 'cause' | 'side' | 'certainty' | 'sentence'> {
  readonly fault: string;
  /** From when it was first asked until the cause was named, milliseconds. */
  readonly namedAfterMs: number;
}

/** The faults as a document. */
export const faultTable = (faults: readonly NamedFault[]): string => `# Faults, and what is said of them

Each fault is made in a network of namespaces between two paired devices; \`bowline why\` is asked until it names the cause, and
three times more. Made by \`RESULTS=1 npx vitest run --project netns apps/bowline/test/why.netns.test.ts\` (as root); the test
fails where another cause is named. "After" is from when it was first asked until the cause was named, on a machine that does
other things as well; a fault that was there before the devices connected is first asked about once they have.

| fault | cause | side | certainty | after | sentence |
|---|---|---|---|---|---|
${faults
  .map(
    ({ fault, cause, side, certainty, namedAfterMs, sentence }) =>
      `| ${fault} | \`${cause}\` | ${side ?? '–'} | ${certainty} | ${(namedAfterMs / 1_000).toFixed(1)} s | ${sentence} |`,
  )
  .join('\n')}
`;
