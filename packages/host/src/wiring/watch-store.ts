import type { Cancel, StoreProblem } from '@bowline/contracts';
import { storeReport, toldProblem } from '../store-health.ts';
import type { System } from '../system.ts';

/** Keeps and tells what the disk refuses, so that nobody takes a refusal for something else. */
export const watchStore = ({ parts, hub, storeHealth }: System): Cancel => {
  const note = (problem: StoreProblem | null): void => {
    storeHealth.problem = problem === null ? null : storeReport(problem);
    hub.tell({ event: 'store.problemChanged', problem: toldProblem(storeHealth) });
  };
  return parts.persistence.client.on('store.problemChanged', ({ problem }) => note(problem));
};
