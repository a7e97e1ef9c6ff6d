import type { DeviceCheck, StoreKeyKind } from '@bowline/contracts';
import { IDENTITY_CLONED } from '../identity-cloned.ts';
import { type Check, type CheckedDevice, ok, skipped, wrong } from './checked-device.ts';
import { isAway } from './circumstances.ts';
import { NETWORK_CHECKS } from './network-checks.ts';
import { captive, clock, dns, proxy, relays, token } from './relay-checks.ts';

/** A host whose timers are this late answers heartbeats late, too. */
const BUSY_TIMER_DELAY_MS = 200;

const version: Check = ({ facts, runtime }) => [ok('version', `Bowline ${facts.version} runs on ${runtime}.`)];

const identity: Check = ({ facts: { storeProblem } }) => [
  storeProblem === IDENTITY_CLONED
    ? wrong('identity', 'failed', 'This device runs twice, from copies of the same data.', 'end-one-copy')
    : ok('identity', 'No copy of this device is known to run.'),
];

const store: Check = ({ facts: { storeProblem }, storeRemedy }) => [
  storeProblem === null || storeProblem === IDENTITY_CLONED
    ? ok('store', 'The store takes what is to be stored.')
    : { name: 'store', result: 'failed', sentence: `The store cannot store (${storeProblem}).`, remedy: storeRemedy },
];

const KEY_PLACES: Readonly<Record<StoreKeyKind, string>> = {
  keychain: "in this user's keychain",
  passphrase: 'under a passphrase',
  file: 'in a file beside it, open to nobody else',
  app: 'with the app that made it',
};

const key: Check = ({ storeKey }) => [ok('key', `The key of the store is ${KEY_PLACES[storeKey]}.`)];

const workers: Check = ({ workers: all, silentWorkers }) => {
  const down = all.filter(({ state }) => state !== 'started');
  const restarted = all.filter(({ restarts }) => restarts > 0);
  if (down.length > 0) {
    return [wrong('workers', 'failed', `Not running: ${down.map(({ name }) => name).join(', ')}.`, 'start-anew')];
  }
  if (silentWorkers.length > 0) {
    const sentence = `Not answering now: ${silentWorkers.join(', ')}. One that stays so is replaced by itself.`;
    return [wrong('workers', 'warning', sentence, 'try-later')];
  }
  if (restarted.length > 0) {
    const names = restarted.map(({ name, restarts }) => `${name} (${restarts})`).join(', ');
    return [wrong('workers', 'warning', `All run; restarted since the start: ${names}.`, 'report-it')];
  }
  return [ok('workers', 'All parts of this device run.')];
};

const timers: Check = ({ facts: { timerDelayMs } }) => {
  if (timerDelayMs === null) return [skipped('load', 'How busy this process is was not measured yet.')];
  if (timerDelayMs < BUSY_TIMER_DELAY_MS)
    return [
      ok(
        'load',
        `This device has time for its work (nine in ten timers are at most ${Math.round(timerDelayMs)} ms late).`,
      ),
    ];
  return [
    wrong(
      'load',
      'warning',
      `This device is too busy: one timer in ten is ${Math.round(timerDelayMs)} ms late or more.`,
      'reduce-load',
    ),
  ];
};

/** The worker that holds the address of this device. */
const ENDPOINT_WORKER = 'endpoint';

const network: Check = (device) => {
  const { families, bound, mdnsProblem } = device.facts;
  if (bound === 'nowhere' && isAway(device, ENDPOINT_WORKER)) {
    const sentence = 'This device listens at no address, because the part of it that does so does not run.';
    return [skipped('network', sentence)];
  }
  if (bound === 'nowhere') return [wrong('network', 'failed', 'This device listens at no address.', 'start-anew')];
  if (bound === 'loopback')
    return [wrong('network', 'warning', 'This device keeps to this machine.', 'bind-everywhere')];
  if (families.length === 0 && mdnsProblem?.code === 'linkLocalOnly') {
    const sentence = 'There are link-local IPv6 addresses alone, over which nothing connects.';
    return [wrong('network', 'failed', sentence, 'give-lan-addresses')];
  }
  if (families.length === 0) return [wrong('network', 'failed', 'No interface has an address.', 'check-network')];
  return [
    ok(
      'network',
      `There is a network, with ${families.map((family) => (family === 'ipv4' ? 'IPv4' : 'IPv6')).join(' and ')}.`,
    ),
  ];
};

const family =
  (kind: 'ipv4' | 'ipv6'): Check =>
  ({ facts: { families } }) => {
    const name = kind === 'ipv4' ? 'IPv4' : 'IPv6';
    if (families.includes(kind)) return [ok(kind, `An interface has an ${name} address.`)];
    return [skipped(kind, `No interface has an ${name} address.`)];
  };

/** Every check, in the order in which it is told. */
const CHECKS: readonly Check[] = [
  version,
  identity,
  store,
  key,
  workers,
  timers,
  clock,
  network,
  family('ipv4'),
  family('ipv6'),
  dns,
  proxy,
  captive,
  relays,
  token,
  ...NETWORK_CHECKS,
];

/** Checks this device by what is known of it. Pure. */
export const checkDevice = (device: CheckedDevice): readonly DeviceCheck[] => CHECKS.flatMap((check) => check(device));
