import type { CauseCode } from '../causes.ts';
import type { RemedyCode } from '../remedies.ts';
import type { Finding, Situation } from '../situation.ts';

/** One cause and how it is recognised. Pure: the situation is all it sees. @returns `null` when it does not hold */
export type Rule = (situation: Situation) => Finding<CauseCode, RemedyCode> | null;
