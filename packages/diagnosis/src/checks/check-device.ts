import type {
  DeviceCheck,
  DeviceFacts,
  MdnsProblem,
  OpenedPortReport,
  RelayAnswer,
  RelayDownReason,
  RelayFact,
  WorkerReport,
} from '@bowline/contracts';
import { hostOf } from '../host-of.ts';
import { REMEDIES, type RemedyCode } from '../remedies.ts';

/** What a device is checked by. */
export interface CheckedDevice {
  readonly facts: DeviceFacts;
  readonly workers: readonly WorkerReport[];
  /** How the chosen relays answered just now. */
  readonly answers: readonly RelayAnswer[];
  /** How far this machine's clock is ahead of each relay that told its own, milliseconds. */
  readonly clockAheadMs: readonly number[];
  /** What this release runs on, in words. */
  readonly runtime: string;
  /** A port that a router opened though this device keeps to the local network or this machine; `null` where none did. */
  readonly openedPort: OpenedPortReport | null;
  /** What to do about the store, in words; `null` while it stores. */
  readonly storeRemedy: string | null;
}

/** One check. Pure. @returns none where there is nothing to check */
type Check = (device: CheckedDevice) => readonly DeviceCheck[];

/** A host whose timers are this late answers heartbeats late, too. */
const BUSY_TIMER_DELAY_MS = 200;

const ok = (name: string, sentence: string): DeviceCheck => ({ name, result: 'ok', sentence, remedy: null });
const skipped = (name: string, sentence: string): DeviceCheck => ({ name, result: 'skipped', sentence, remedy: null });
const wrong = (
  name: string,
  result: 'warning' | 'failed',
  sentence: string,
  remedy: RemedyCode | null,
): DeviceCheck => ({ name, result, sentence, remedy: remedy === null ? null : REMEDIES[remedy] });

const version: Check = ({ facts, runtime }) => [ok('version', `Bowline ${facts.version} runs on ${runtime}.`)];

const store: Check = ({ facts: { storeProblem }, storeRemedy }) => [
  storeProblem === null
    ? ok('store', 'The store takes what is to be stored.')
    : { name: 'store', result: 'failed', sentence: `The store cannot store (${storeProblem}).`, remedy: storeRemedy },
];

const workers: Check = ({ workers: all }) => {
  const down = all.filter(({ state }) => state !== 'started');
  const restarted = all.filter(({ restarts }) => restarts > 0);
  if (down.length > 0) {
    return [wrong('workers', 'failed', `Not running: ${down.map(({ name }) => name).join(', ')}.`, null)];
  }
  if (restarted.length > 0) {
    const names = restarted.map(({ name, restarts }) => `${name} (${restarts})`).join(', ');
    return [wrong('workers', 'warning', `All run; restarted since the start: ${names}.`, null)];
  }
  return [ok('workers', 'All parts of this device run.')];
};

const timers: Check = ({ facts: { timerDelayMs } }) => {
  if (timerDelayMs === null) return [skipped('load', 'How busy this process is was not measured yet.')];
  if (timerDelayMs < BUSY_TIMER_DELAY_MS)
    return [ok('load', `Timers fire in time (at most ${Math.round(timerDelayMs)} ms late).`)];
  return [wrong('load', 'warning', `Timers fire up to ${Math.round(timerDelayMs)} ms late.`, 'reduce-load')];
};

const network: Check = ({ facts: { families, bound, mdnsProblem } }) => {
  if (bound === 'nowhere') return [wrong('network', 'failed', 'The endpoint is not bound to any address.', null)];
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

const ownRelaysOf = ({ relays: all, relayChoice }: DeviceFacts): readonly RelayFact[] =>
  relayChoice === 'disabled' ? [] : all.filter(({ role }) => role !== 'peer');

const proxy: Check = ({ facts }) => {
  if (!facts.usesProxy) return [skipped('proxy', 'No proxy is set for relays.')];
  if (ownRelaysOf(facts).some(({ state }) => state === 'connected'))
    return [ok('proxy', 'Relays are reached by the proxy.')];
  return [wrong('proxy', 'failed', 'No relay is reached by the proxy.', 'check-proxy')];
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
    const sentence = 'Something answers in the place of the relays, as networks do that want a sign-in first.';
    return [wrong('captive', 'warning', sentence, 'open-captive-page')];
  }
  return [skipped('captive', 'No relay answers, so that nothing can be told.')];
};

/** What is to be done about a relay that is down. */
const RELAY_REMEDIES: Partial<Record<RelayDownReason, RemedyCode>> = {
  dns: 'check-dns',
  auth: 'check-relay-token',
  tls: 'check-relay-certificate',
  proxy: 'check-proxy',
  displaced: 'end-the-clone',
  contested: 'end-the-clone',
};

const relayCheck = (relay: RelayFact, answers: readonly RelayAnswer[], usesProxy: boolean): DeviceCheck => {
  const { url, state, downReason, rttMs } = relay;
  const name = `relay ${hostOf(url)}`;
  if (state === 'connected') {
    return ok(name, `Connected${rttMs === null ? '' : `, ${Math.round(rttMs)} ms away`}.`);
  }
  const answer = answers.find((each) => each.url === url);
  const reason = downReason ?? answer?.problem ?? 'it is being connected';
  const remedy =
    (downReason === null ? undefined : RELAY_REMEDIES[downReason]) ?? (usesProxy ? 'check-proxy' : 'check-relay');
  return wrong(name, 'failed', `Not connected: ${reason}.`, remedy);
};

const relays: Check = ({ facts: { relays: all, relayChoice, usesProxy }, answers }) => {
  if (relayChoice === 'disabled')
    return [skipped('relays', 'Relays are disabled; only devices on this network reach this one.')];
  const own = all.filter(({ role }) => role !== 'peer');
  if (own.length === 0) return [wrong('relays', 'failed', 'No relay is in use yet.', 'check-internet')];
  return own.map((relay) => relayCheck(relay, answers, usesProxy));
};

const isName = (host: string): boolean => /[a-z]/i.test(host) && !host.startsWith('[') && host !== 'localhost';

const dns: Check = ({ facts }) => {
  const named = facts.relays.filter(({ url, role }) => role !== 'peer' && isName(hostOf(url)));
  if (named.length === 0) return [skipped('dns', 'No relay is named by a name.')];
  const isMissing = named.every(({ state, downReason }) => state !== 'connected' && downReason === 'dns');
  if (isMissing) return [wrong('dns', 'failed', 'The name of no relay is found.', 'check-dns')];
  return [ok('dns', 'Names of relays are found.')];
};

const udp: Check = ({ facts }) => {
  switch (facts.udp) {
    case 'works':
      return [ok('udp', 'UDP gets out and back.')];
    case 'blocked':
      return [
        wrong('udp', 'failed', 'Nobody answers over UDP: this device is reached through relays alone.', 'allow-udp'),
      ];
    case 'unknown':
      return [
        skipped(
          'udp',
          facts.hasObserver ? 'Nobody has answered over UDP yet.' : 'Nobody is known who could be asked over UDP.',
        ),
      ];
  }
};

const nat: Check = ({ facts }) => {
  switch (facts.nat) {
    case 'none':
      return [ok('nat', 'This device has a public address of its own.')];
    case 'endpoint-independent':
      return [ok('nat', 'The router lets direct connections be made.')];
    case 'symmetric':
      return [
        wrong('nat', 'warning', 'The router gives every connection another port (symmetric NAT).', 'open-port-mapping'),
      ];
    case 'unknown':
      return [skipped('nat', 'Too few have seen this device from outside to tell.')];
  }
};

const mdnsFailing = (problem: MdnsProblem | null): DeviceCheck => {
  if (problem === null) return wrong('mdns', 'failed', 'Multicast DNS does not work.', 'check-mdns');
  const { reason, remedy } = problem;
  return {
    name: 'mdns',
    result: 'failed',
    sentence: `Devices on the local network are not found: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}.`,
    remedy: `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.`,
  };
};

const mdns: Check = ({ facts }) => {
  switch (facts.mdns) {
    case 'works':
      return [ok('mdns', 'This device is announced on the local network.')];
    case 'off':
      return [skipped('mdns', 'Looking for devices on the local network is off.')];
    case 'failing':
      return [mdnsFailing(facts.mdnsProblem)];
  }
};

const router: Check = ({ openedPort }) => {
  if (openedPort === null) return [];
  if (openedPort.isClosed) return [ok('router', 'A port that the router opened was closed again.')];
  const sentence = `The router keeps a port to this device open (${openedPort.address}): ${openedPort.reason}.`;
  return [wrong('router', 'warning', sentence, 'switch-off-port-mapping')];
};

/** Every check, in the order in which it is told. */
const CHECKS: readonly Check[] = [
  version,
  store,
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
  udp,
  nat,
  mdns,
  router,
];

/** Checks this device by what is known of it. Pure. */
export const checkDevice = (device: CheckedDevice): readonly DeviceCheck[] => CHECKS.flatMap((check) => check(device));
