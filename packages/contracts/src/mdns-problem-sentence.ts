import type { MdnsProblem } from './channels/discovery.ts';

/** Both halves of a problem as one sentence. */
export const mdnsProblemSentence = ({ reason, remedy }: MdnsProblem): string => `${reason}; ${remedy}.`;
