import { deviceIdNamed, endpointIdNamed, NAMES } from './known-state.ts';
import type { KnownState, Operation, OperationInput } from './operation.ts';

const sorted = (names: readonly string[]): readonly string[] => names.toSorted((a, b) => a.localeCompare(b));
const oneOf = <T>(list: readonly T[], { ratio }: OperationInput): T | undefined =>
  list[Math.floor(ratio() * list.length)];
const without = (names: readonly string[], name: string): readonly string[] => names.filter((each) => each !== name);

/** As a pairing session stores it: pending, then with what was learnt. */
const pairing: Operation = {
  name: 'pairing',
  plan: (input) => {
    const { store, known } = input;
    const free = NAMES.filter((name) => ![...known.paired, ...known.blocked].includes(name));
    const name = oneOf(free, input);
    if (name === undefined) return null;
    return {
      after: { ...known, paired: sorted([...known.paired, name]) },
      run: () => {
        store.devices.addPending({ endpointId: endpointIdNamed(name), name, platform: 'linux' });
        store.devices.promote({ deviceId: deviceIdNamed(name), lastSeenAtMs: 1, pairingId: 'a-pairing' });
      },
    };
  },
};

const unpairing: Operation = {
  name: 'unpairing',
  plan: (input) => {
    const { store, known } = input;
    const name = oneOf(known.paired, input);
    if (name === undefined) return null;
    return {
      after: { ...known, paired: without(known.paired, name) },
      run: () => store.devices.remove(deviceIdNamed(name)),
    };
  },
};

const blocking: Operation = {
  name: 'blocking',
  plan: (input) => {
    const { store, known } = input;
    const name = oneOf(
      NAMES.filter((each) => !known.blocked.includes(each)),
      input,
    );
    if (name === undefined || known.blocked.length > 2) return null;
    return {
      after: { ...known, paired: without(known.paired, name), blocked: sorted([...known.blocked, name]) },
      run: () => void store.blocked.block(endpointIdNamed(name)),
    };
  },
};

const unblocking: Operation = {
  name: 'unblocking',
  plan: (input) => {
    const { store, known } = input;
    const name = oneOf(known.blocked, input);
    if (name === undefined) return null;
    return {
      after: { ...known, blocked: without(known.blocked, name) },
      run: () => void store.blocked.unblock(deviceIdNamed(name)),
    };
  },
};

const setting: Operation = {
  name: 'setting',
  plan: ({ store, known }) => {
    const after: KnownState = { ...known, setting: known.setting + 1 };
    return { after, run: () => store.settings.put('count', after.setting) };
  },
};

/** Changes nothing, and must neither leave half a backup nor be in the way of what follows. */
const backup: Operation = {
  name: 'backup',
  plan: ({ store, known }) => ({ after: known, run: () => store.backUpToday() }),
};

/** All of them; a change of the key or an export is another element. */
export const OPERATIONS: readonly Operation[] = [pairing, unpairing, blocking, unblocking, setting, backup];
