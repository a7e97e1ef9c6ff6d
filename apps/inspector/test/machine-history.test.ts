import type { MachineChart, MachineTransition } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import {
  MAX_HISTORY,
  type MachineHistory,
  readRecording,
  recordingOf,
  sessionsAt,
  withTransition,
} from '../page/machine-history.ts';
import { layoutOf } from '../page/machine-layout.ts';

const moved = (change: Partial<MachineTransition> = {}): MachineTransition => ({
  machine: 'link',
  session: 'nas',
  from: 'offline',
  to: 'connecting',
  by: 'dial.asked',
  atMs: 1,
  ...change,
});

const CHART: MachineChart = {
  machine: 'link',
  states: [
    { id: 'offline', parent: null, isInitial: true, isFinal: false },
    { id: 'up', parent: null, isInitial: false, isFinal: false },
    { id: 'up.good', parent: 'up', isInitial: true, isFinal: false },
    { id: 'up.bad', parent: 'up', isInitial: false, isFinal: false },
  ],
  transitions: [
    { from: 'offline', to: 'up', by: 'dial.asked', guard: null },
    { from: 'up.good', to: 'up.bad', by: 'answer.overdue', guard: null },
  ],
};

const EMPTY: MachineHistory = { before: [], transitions: [] };

describe('the history of machines', () => {
  it('says where every session stood after each transition', () => {
    const history = [moved({ from: null }), moved({ from: 'connecting', to: 'connected' })].reduce(
      withTransition,
      EMPTY,
    );
    expect(sessionsAt(history, 0)).toEqual([]);
    expect(sessionsAt(history, 1)).toEqual([{ machine: 'link', session: 'nas', state: 'connecting' }]);
    expect(sessionsAt(history, 2)).toEqual([{ machine: 'link', session: 'nas', state: 'connected' }]);
  });

  it('forgets the oldest, and not where they led', () => {
    let history = withTransition(EMPTY, moved({ session: 'old', to: 'connected' }));
    for (let at = 0; at < MAX_HISTORY; at += 1) history = withTransition(history, moved());
    expect(history.transitions).toHaveLength(MAX_HISTORY);
    expect(sessionsAt(history, 0)).toContainEqual({ machine: 'link', session: 'old', state: 'connected' });
  });

  it('is read back from a recording, whatever else is in it', () => {
    const history = withTransition(EMPTY, moved());
    const text = `${recordingOf(history)}null\n{"machine":"link"}\n{"machine":"none","session":"x"}\nnonsense`;
    const read = readRecording(text, [CHART]);
    expect(read?.transitions).toEqual(history.transitions);
    expect(read?.before).toEqual([{ machine: 'link', session: 'nas', state: 'offline' }]);
    expect(readRecording('nothing', [CHART])).toBeNull();
  });
});

describe('the layout of a chart', () => {
  it('has every state without overlap, groups around what is within', () => {
    const { leaves, groups } = layoutOf(CHART);
    expect(leaves.map(({ id }) => id).toSorted()).toEqual(['offline', 'up.bad', 'up.good']);
    for (const [at, one] of leaves.entries()) {
      for (const other of leaves.slice(at + 1)) {
        const isApart =
          one.x + one.width <= other.x ||
          other.x + other.width <= one.x ||
          one.y + one.height <= other.y ||
          other.y + other.height <= one.y;
        expect(isApart).toBe(true);
      }
    }
    const [group] = groups;
    for (const leaf of leaves.filter(({ id }) => id.startsWith('up.'))) {
      expect(leaf.x).toBeGreaterThan(group?.x ?? 0);
      expect(leaf.y + leaf.height).toBeLessThan((group?.y ?? 0) + (group?.height ?? 0));
    }
  });
});
