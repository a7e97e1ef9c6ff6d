import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Cancel, Clock } from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';

/** A name server that is silent for this long, milliseconds, is not waited for where the addresses of last time are known. */
const PATIENCE_MS = 500;

/** After this long, milliseconds, a look-up that is pending may have been swallowed: the next attempt asks once more. */
const SWALLOWED_AFTER_MS = 2_000;

/** Look-ups of one name at once. Each holds one of the process's few threads until the system gives it up, which takes seconds. */
const MAX_PENDING = 2;

/** Names whose addresses are remembered; the one not asked for longest gives way. */
const MAX_NAMES = 64;

type Found = (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void;

/** Asks the system for every address of a name. */
export type LookupAll = (hostname: string, found: Found) => void;

const lookupAll: LookupAll = (hostname, found) => {
  systemLookup(hostname, { all: true }, (error, addresses) => found(error, addresses ?? []));
};

interface Name {
  known: readonly LookupAddress[];
  readonly pendingSinceMs: number[];
  readonly waiting: Set<Found>;
}

/**
 * Finds the addresses of relays, for sockets. While a network is away, connections try every second or so and name
 * servers answer nothing for many: attempts for one name share a look-up, and where it takes long the addresses found
 * last time are used.
 *
 * @param askSystem for tests
 */
export const relayLookup = (clock: Clock, askSystem: LookupAll = lookupAll): LookupFunction => {
  const names = new BoundedMap<string, Name>(MAX_NAMES);

  const nameFor = (hostname: string): Name => {
    const name = names.get(hostname) ?? { known: [], pendingSinceMs: [], waiting: new Set<Found>() };
    names.set(hostname, name);
    return name;
  };

  const ask = (hostname: string, name: Name): void => {
    const nowMs = clock.monotonicMs();
    const newestMs = name.pendingSinceMs.at(-1);
    if (newestMs !== undefined && nowMs - newestMs < SWALLOWED_AFTER_MS) return;
    if (name.pendingSinceMs.length >= MAX_PENDING) return;
    name.pendingSinceMs.push(nowMs);
    askSystem(hostname, (error, addresses) => {
      name.pendingSinceMs.splice(name.pendingSinceMs.indexOf(nowMs), 1);
      if (error === null && addresses.length > 0) name.known = addresses;
      for (const found of [...name.waiting]) found(error, addresses);
    });
  };

  return (hostname, options, callback) => {
    const name = nameFor(hostname);
    let cancelPatience: Cancel = () => undefined;
    const finish: Found = (error, addresses) => {
      name.waiting.delete(finish);
      cancelPatience();
      const usable = ofFamily(addresses.length > 0 ? addresses : name.known, options.family);
      const [first] = usable;
      if (first === undefined) callback(error ?? noAddress(hostname), '', 0);
      else if (options.all === true) callback(null, [...usable]);
      else callback(null, first.address, first.family);
    };
    name.waiting.add(finish);
    cancelPatience = clock.setTimer(PATIENCE_MS, () => {
      if (name.known.length > 0) finish(null, name.known);
    });
    ask(hostname, name);
  };
};

const ofFamily = (
  addresses: readonly LookupAddress[],
  family: number | 'IPv4' | 'IPv6' | undefined,
): readonly LookupAddress[] => {
  const wanted = family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : (family ?? 0);
  return wanted === 0 ? addresses : addresses.filter((address) => address.family === wanted);
};

const noAddress = (hostname: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
