import type { DeviceCheck, DeviceFacts, RelayDownReason, RelayFact, StoreKeyKind } from '@bowline/contracts';
import { hostOf } from '../host-of.ts';
import { IDENTITY_CLONED } from '../identity-cloned.ts';
import { relayDownPhrase } from '../phrases/reason-phrases.ts';
import { remediesOfReason } from '../rules/relay-reasons.ts';
import { type Check, type CheckedDevice, ok, skipped, wrong } from './checked-device.ts';
import { NETWORK_CHECKS } from './network-checks.ts';

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

/** The worker that holds the connections to relays. */
const RELAY_WORKER = 'relay-switchboard';

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
    return [ok('load', `Timers fire in time (nine in ten at most ${Math.round(timerDelayMs)} ms late).`)];
  return [
    wrong('load', 'warning', `One timer in ten fires ${Math.round(timerDelayMs)} ms late or more.`, 'reduce-load'),
  ];
};

const network: Check = ({ facts: { families, bound, mdnsProblem } }) => {
  if (bound === 'nowhere')
    return [wrong('network', 'failed', 'The endpoint is not bound to any address.', 'start-anew')];
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

/** Certificates and codes that are shown bear a minute; beyond it they begin to fail. */
const CLOCK_OFF_MS = 60_000;

/** Relays disagree by a slow answer; the one in the middle is believed. */
const clock: Check = ({ clockAheadMs }) => {
  const sorted = clockAheadMs.toSorted((one, other) => one - other);
  const aheadMs = sorted[Math.floor(sorted.length / 2)];
  if (aheadMs === undefined) return [skipped('clock', 'No relay told the time.')];
  if (Math.abs(aheadMs) < CLOCK_OFF_MS) return [ok('clock', 'The clock agrees with that of the relays.')];
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  const sentence = `The clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of the relays.`;
  return [wrong('clock', 'warning', sentence, 'set-clock')];
};

const family =
  (kind: 'ipv4' | 'ipv6'): Check =>
  ({ facts: { families } }) => {
    const name = kind === 'ipv4' ? 'IPv4' : 'IPv6';
    if (families.includes(kind)) return [ok(kind, `An interface has an ${name} address.`)];
    return [skipped(kind, `No interface has an ${name} address.`)];
  };

/** Whatever else is said of relays then, follows from it. A relay on this machine is reached all the same. */
const hasNoNetwork = ({ families, bound }: DeviceFacts): boolean => families.length === 0 && bound !== 'loopback';

const ownRelaysOf = ({ relays: all, relayChoice }: DeviceFacts): readonly RelayFact[] =>
  relayChoice === 'disabled' ? [] : all.filter(({ role }) => role !== 'peer');

/** Reasons behind which a proxy may be; what lies beyond one that works says the others. */
const MAY_BE_THE_PROXY: ReadonlySet<RelayDownReason | null> = new Set(['proxy', 'http', 'tls', 'protocol', 'timeout']);

const proxy: Check = ({ facts }) => {
  if (!facts.usesProxy) return [skipped('proxy', 'No proxy is set for relays.')];
  const own = ownRelaysOf(facts);
  if (own.some(({ state }) => state === 'connected')) return [ok('proxy', 'Relays are reached by the proxy.')];
  if (own.every(({ downReason }) => downReason === null))
    return [skipped('proxy', 'No relay was tried by the proxy yet.')];
  if (hasNoNetwork(facts)) return [skipped('proxy', 'On no network the proxy is not reached.')];
  if (own.every(({ downReason }) => MAY_BE_THE_PROXY.has(downReason)))
    return [wrong('proxy', 'failed', 'No relay is reached by the proxy.', 'check-proxy')];
  return [skipped('proxy', 'No relay is reached by the proxy, which is not what keeps this device from them.')];
};

const token: Check = ({ facts }) => {
  const own = ownRelaysOf(facts);
  const refusing = own.filter(({ state, downReason }) => state !== 'connected' && downReason === 'auth');
  if (refusing.length > 0) {
    const hosts = refusing.map(({ url }) => hostOf(url)).join(', ');
    return [wrong('token', 'failed', `This device is not let in by: ${hosts}.`, 'check-relay-token')];
  }
  if (own.some(({ state }) => state === 'connected')) return [ok('token', 'No relay refuses this device.')];
  return [skipped('token', 'No relay has been asked to let this device in.')];
};

/** What a page for signing in looks like from here: something answers, and it is no relay. */
const FOREIGN_ANSWERS: ReadonlySet<RelayDownReason | null> = new Set(['http', 'protocol', 'tls']);

const captive: Check = ({ facts }) => {
  const own = ownRelaysOf(facts);
  if (own.some(({ state }) => state === 'connected')) return [ok('captive', 'Relays answer for themselves.')];
  const isForeign = own.length > 0 && own.every(({ downReason }) => FOREIGN_ANSWERS.has(downReason));
  if (isForeign && !facts.usesProxy) {
    const isOne = new Set(own.map(({ url }) => hostOf(url))).size === 1;
    const sentence = isOne
      ? 'What answers as the relay is not what it should be: the relay itself is at fault, or this network wants a sign-in first.'
      : 'Something answers in the place of the relays, as networks do that want a sign-in first.';
    return [wrong('captive', 'warning', sentence, 'open-captive-page')];
  }
  return [skipped('captive', 'No relay answers, so that nothing can be told.')];
};

/** Reasons that being on no network has for a relay anywhere else. */
const WITHOUT_NETWORK: ReadonlySet<RelayDownReason | null> = new Set(['dns', 'tcp', 'noRoute', 'timeout']);

const relayCheck = (relay: RelayFact, { answers, facts }: Pick<CheckedDevice, 'answers' | 'facts'>): DeviceCheck => {
  const { url, state, downReason, rttMs } = relay;
  const { usesProxy } = facts;
  // With its port: several may run on one machine.
  const name = `relay ${new URL(url).host}`;
  if (state === 'connected') {
    return ok(name, `Connected${rttMs === null ? '' : `, ${Math.round(rttMs)} ms away`}.`);
  }
  if (hasNoNetwork(facts) && WITHOUT_NETWORK.has(downReason))
    return wrong(name, 'failed', 'Not connected: this device is on no network.', 'check-network');
  const answer = answers.find((each) => each.url === url);
  if (downReason !== null) {
    const [remedy = 'check-relay' as const] =
      usesProxy && MAY_BE_THE_PROXY.has(downReason) ? ['check-proxy' as const] : remediesOfReason(downReason);
    return wrong(name, 'failed', `Not connected: ${relayDownPhrase(downReason)}.`, remedy);
  }
  if (answer?.problem === null) {
    return wrong(name, 'warning', 'It is being connected, and answers when it is asked.', 'try-later');
  }
  const reason = answer?.problem ?? 'it is being connected, and has not answered';
  return wrong(name, 'failed', `Not connected: ${reason}.`, usesProxy ? 'check-proxy' : 'check-relay');
};

const relays: Check = ({ facts, answers, silentWorkers }) => {
  const { relays: all, relayChoice } = facts;
  if (relayChoice === 'disabled')
    return [skipped('relays', 'Relays are disabled; only devices on this network reach this one.')];
  const own = all.filter(({ role }) => role !== 'peer');
  if (own.length === 0 && silentWorkers.includes(RELAY_WORKER))
    return [skipped('relays', 'The part of this device that holds the connections to relays does not answer now.')];
  if (own.length === 0)
    return [
      wrong('relays', 'failed', 'No relay is in use yet.', hasNoNetwork(facts) ? 'check-network' : 'check-internet'),
    ];
  return own.map((relay) => relayCheck(relay, { answers, facts }));
};

const isName = (host: string): boolean => /[a-z]/i.test(host) && !host.startsWith('[') && host !== 'localhost';

const dns: Check = ({ facts }) => {
  const named = facts.relays.filter(({ url, role }) => role !== 'peer' && isName(hostOf(url)));
  if (named.length === 0) return [skipped('dns', 'No relay is named by a name.')];
  if (hasNoNetwork(facts)) return [skipped('dns', 'On no network there is nobody to ask for a name.')];
  const missing = named.filter(({ state, downReason }) => state !== 'connected' && downReason === 'dns');
  if (missing.length === named.length) return [wrong('dns', 'failed', 'The name of no relay is found.', 'check-dns')];
  if (missing.length > 0) {
    const hosts = missing.map(({ url }) => hostOf(url)).join(', ');
    return [wrong('dns', 'warning', `These names of relays are not found: ${hosts}.`, 'check-dns')];
  }
  if (named.every(({ state, downReason }) => state !== 'connected' && downReason === null))
    return [skipped('dns', 'No name of a relay was asked for to the end yet.')];
  return [ok('dns', 'Names of relays are found.')];
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
