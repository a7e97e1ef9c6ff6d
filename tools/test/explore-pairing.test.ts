import { initiatorMachine, joinerMachine } from '@bowline/pairing-state-machine';
import { describe, expect, it } from 'vitest';
import { explore, outcomeOf } from '../explore-pairing/explore.ts';
import { firstWorld } from '../explore-pairing/steps.ts';
import type { StoredRecord } from '../explore-pairing/world.ts';

const BUDGET = { connections: 2, losses: 0, repeats: 0, breaks: 1, crashes: 1, joins: 1, storeFailures: 0 };
/** Some seconds of work for one core, more where others want it, too. */
const PATIENCE_MS = 60_000;
const ASKED = { initiator: 'ask', joiner: 'accept' } as const;

const waitingStatesOf = ({ root }: typeof initiatorMachine | typeof joinerMachine): readonly string[] =>
  Object.values(root.states).flatMap(({ states }) =>
    Object.values(states as Readonly<Record<string, { readonly path: readonly string[] }>>).map(
      ({ path }) => `${root.key === '(machine)' ? root.id : root.key}.${path.at(-1)}`,
    ),
  );

describe('both pairing machines, in every state they can come to together,', () => {
  it(
    'agree in the end, or are healed by their next link',
    () => {
      const found = explore(ASKED, BUDGET);
      const { depth, ends, machineStates, outcomes, states } = found;
      process.stderr.write(`${states} states, ${ends} ends, depth ${depth}: ${JSON.stringify(outcomes)}\n`);
      expect(found.counterexample).toBeNull();
      expect(found.stuck).toBe(0);
      expect(states).toBeGreaterThan(5_000);
      expect(Object.values({ ...outcomes, disagree: 1 }).every((count) => count > 0)).toBe(true);
      // `found` decides at once.
      const waiting = [...waitingStatesOf(initiatorMachine), ...waitingStatesOf(joinerMachine)];
      expect(waiting.filter((state) => !machineStates.has(state))).toEqual(['joiner.found']);
    },
    PATIENCE_MS,
  );

  it('are found out where a side forgets what the other may have stored', () => {
    const { counterexample } = explore({ ...ASKED, isForgetful: true }, { ...BUDGET, crashes: 0, joins: 0 });
    expect(counterexample?.at(-1)).toMatch(/^joiner /);
  });
});

describe('what the next link makes of two records', () => {
  const outcome = (initiatorRecord: StoredRecord, joinerRecord: StoredRecord, isTakenBack = false) =>
    outcomeOf({ ...firstWorld(ASKED, BUDGET), initiatorRecord, joinerRecord, isTakenBack });

  it('is a pairing where no side is without one', () => {
    expect(outcome('pending', 'paired')).toBe('heals to paired');
    expect(outcome('pending', 'pending')).toBe('heals to paired');
  });

  it('is none where a pending one meets none, or one that was taken back', () => {
    expect(outcome('pending', 'none')).toBe('heals to not paired');
    expect(outcome('paired', 'none', true)).toBe('heals to not paired');
  });

  it('is a disagreement where only one side believes in it', () => {
    expect(outcome('paired', 'none')).toBe('disagree');
    expect(outcome('none', 'paired')).toBe('disagree');
  });
});
