import { keyOf, stateOf, type Variant } from './machines.ts';
import { firstWorld, stepsFrom } from './steps.ts';
import type { Budget, World } from './world.ts';

/** How the two stand when both sessions are over. */
export type Outcome = 'both paired' | 'neither paired' | 'heals to paired' | 'heals to not paired' | 'disagree';

/** Everything two machines can come to. */
export interface Exploration {
  readonly states: number;
  readonly ends: number;
  /** Steps to the state that is farthest away. */
  readonly depth: number;
  /** How many ends there are of each kind. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** How the nearest end was reached in which the two disagree for good. */
  readonly counterexample: readonly string[] | null;
  /** States of the machines that were reached, `initiator.offering` and so on; final ones are not among them. */
  readonly machineStates: ReadonlySet<string>;
  /** States from which no end can be reached any more. */
  readonly stuck: number;
}

/**
 * What the next link makes of two records. A pending one is promoted by it, and where the other side has none it hears
 * `not-paired` and goes. Taken back on one side, the other is told that it is not paired.
 */
export const outcomeOf = ({ initiatorRecord, isTakenBack, joinerRecord }: World): Outcome => {
  const records = [initiatorRecord, joinerRecord];
  if (records.every((record) => record === 'paired')) return 'both paired';
  if (records.every((record) => record === 'none')) return 'neither paired';
  if (!records.includes('none')) return 'heals to paired';
  if (!records.includes('paired') || isTakenBack) return 'heals to not paired';
  return 'disagree';
};

const keyOfWorld = ({
  connection,
  endedCode,
  initiator,
  initiatorRecord,
  isTakenBack,
  joiner,
  joinerRecord,
  left,
}: World): string =>
  [
    keyOf(initiator),
    keyOf(joiner),
    endedCode,
    initiatorRecord,
    joinerRecord,
    isTakenBack,
    connection === null
      ? ''
      : JSON.stringify([
          connection.toInitiator,
          connection.toJoiner,
          isOf(connection.number, initiator),
          isOf(connection.number, joiner),
        ]),
    Object.values(left).join(),
  ].join(';');

/** Which of the two machines is on the newest connection: the number itself changes nothing. */
const isOf = (number: number, snapshot: World['initiator'] | World['joiner']): boolean =>
  snapshot?.context.connectionId === `c-${number}`;

interface Visited {
  readonly from: number;
  readonly by: string;
  readonly depth: number;
}

/**
 * Both machines against each other, breadth first, until there is nothing new.
 *
 * @throws when there are more than `maxStates`: a search that was cut short shows nothing
 */
export const explore = (variant: Variant, budget: Budget, maxStates = 5_000_000): Exploration => {
  const first = firstWorld(variant, budget);
  const known = new Map<string, number>([[keyOfWorld(first), 0]]);
  const visited: Visited[] = [{ from: -1, by: 'the code is shown and entered', depth: 0 }];
  const before: number[][] = [[]];
  const ends: number[] = [];
  const outcomes: Record<Outcome, number> = {
    'both paired': 0,
    'neither paired': 0,
    'heals to paired': 0,
    'heals to not paired': 0,
    disagree: 0,
  };
  const machineStates = new Set<string>();
  let counterexample: readonly string[] | null = null;
  let front: readonly (readonly [number, World])[] = [[0, first]];

  const wayTo = (index: number): readonly string[] => {
    const way: string[] = [];
    for (let at = visited[index]; at !== undefined; at = visited[at.from]) way.unshift(at.by);
    return way;
  };

  while (front.length > 0) {
    const next: (readonly [number, World])[] = [];
    for (const [index, world] of front) {
      if (world.initiator !== null) machineStates.add(`initiator.${stateOf(world.initiator)}`);
      if (world.joiner !== null) machineStates.add(`joiner.${stateOf(world.joiner)}`);
      if (world.initiator === null && world.joiner === null) {
        const outcome = outcomeOf(world);
        outcomes[outcome] += 1;
        ends.push(index);
        if (outcome === 'disagree') counterexample ??= wayTo(index);
      }
      for (const { name, world: after } of stepsFrom(world)) {
        const key = keyOfWorld(after);
        const reached = known.get(key);
        if (reached !== undefined) {
          before[reached]?.push(index);
          continue;
        }
        if (known.size >= maxStates) throw new Error(`more than ${maxStates} states`);
        known.set(key, visited.length);
        next.push([visited.length, after]);
        before.push([index]);
        visited.push({ from: index, by: name, depth: (visited[index]?.depth ?? 0) + 1 });
      }
    }
    front = next;
  }
  return {
    states: visited.length,
    ends: ends.length,
    depth: visited.at(-1)?.depth ?? 0,
    outcomes,
    counterexample,
    machineStates,
    stuck: visited.length - reachableFrom(ends, before),
  };
};

const reachableFrom = (starts: readonly number[], before: readonly (readonly number[])[]): number => {
  const seen = new Set(starts);
  const open = [...starts];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    for (const each of before[index] ?? []) {
      if (seen.has(each)) continue;
      seen.add(each);
      open.push(each);
    }
  }
  return seen.size;
};
