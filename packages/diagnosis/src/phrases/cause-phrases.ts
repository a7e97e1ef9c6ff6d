import type { DiagnosisCause } from '@bowline/contracts';

type Said = Pick<DiagnosisCause, 'sentence' | 'certainty'>;

/** A cause as a person reads it: its sentence, and whether that is certain. */
export const causePhrase = ({ sentence, certainty }: Said): string =>
  certainty === 'likely' ? `${sentence} That is likely, not certain.` : sentence;

/** A cause that is said beside another one. */
export const besidePhrase = ({ sentence, certainty }: Said): string =>
  `${certainty === 'known' ? 'Also' : 'Perhaps also'}: ${sentence}`;
