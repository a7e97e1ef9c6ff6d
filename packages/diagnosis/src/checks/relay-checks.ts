import type { DeviceCheck, RelayAnswer, RelayDownReason, RelayFact } from '@bowline/contracts';
import { hostOf } from '../host-of.ts';
import { relayDownPhrase } from '../phrases/reason-phrases.ts';
import { spanPhrase } from '../phrases/time-phrases.ts';
import type { RemedyCode } from '../remedies.ts';
import { remediesOfReason } from '../rules/relay-reasons.ts';
import { type Check, type CheckedDevice, ok, skipped, wrong } from './checked-device.ts';
import {
  BECAUSE_NO_NETWORK,
  clockAhead,
  hasDateTrouble,
  hasNoNetwork,
  isAway,
  isClockOff,
  isNothingFound,
  isProxied,
  isProxyAtFault,
  mayBeTheProxy,
  missingNamesOf,
  namedRelaysOf,
  ownRelaysOf,
} from './circumstances.ts';

/** The worker that holds the connections to relays. */
const RELAY_WORKER = 'relay-switchboard';

/** Something that does not know the day tells one before the first release of Bowline, most often 1970. */
const LEAST_LIKELY_MS = Date.UTC(2026, 0, 1);

const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

export const clock: Check = (device) => {
  const { facts } = device;
  const aheadMs = clockAhead(device);
  if (aheadMs === null && facts.atMs < LEAST_LIKELY_MS) {
    const sentence = `The clock says ${dayOf(facts.atMs)}, which is before there was this program.`;
    return [wrong('clock', 'failed', sentence, 'set-clock')];
  }
  if (aheadMs === null) {
    const why = hasNoNetwork(facts) ? BECAUSE_NO_NETWORK : 'because no relay told the time';
    return [skipped('clock', `The clock was not compared, ${why}.`)];
  }
  if (!isClockOff(device)) return [ok('clock', 'The clock agrees with that of the relays.')];
  const off = `The clock of this device is ${spanPhrase(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of the relays (it says ${dayOf(facts.atMs)})`;
  return ownRelaysOf(facts).some(hasDateTrouble)
    ? [wrong('clock', 'failed', `${off}; this is why certificates of relays are not accepted.`, 'set-clock')]
    : [wrong('clock', 'warning', `${off}.`, 'set-clock')];
};

export const dns: Check = (device) => {
  const named = namedRelaysOf(device);
  if (named.length === 0) {
    const isLeftToProxy = ownRelaysOf(device.facts).some((relay) => isProxied(device, relay));
    return [skipped('dns', isLeftToProxy ? 'The proxy looks names of relays up.' : 'No relay is named by a name.')];
  }
  if (hasNoNetwork(device.facts)) return [skipped('dns', `No name was looked up, ${BECAUSE_NO_NETWORK}.`)];
  if (isNothingFound(device)) return [wrong('dns', 'failed', 'The name of no relay is found.', 'check-dns')];
  const missing = missingNamesOf(device);
  if (missing.length > 0) {
    const hosts = missing.map(({ url }) => hostOf(url)).join(', ');
    return [ok('dns', `The name server answers; it does not know ${hosts}, as is said there.`)];
  }
  if (named.every(({ state, downReason }) => state !== 'connected' && downReason === null))
    return [skipped('dns', 'No name of a relay was looked up to the end yet.')];
  return [ok('dns', 'Names of relays are found.')];
};

/** What the system says of the way to a proxy, in words. */
const PROXY_PROBLEMS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at the address of the proxy',
  ENOTFOUND: 'the name of the proxy is not found',
  EAI_AGAIN: 'the name of the proxy is not found',
  ETIMEDOUT: 'nothing answers at the address of the proxy',
  EHOSTUNREACH: 'nothing answers at the address of the proxy',
  ENETUNREACH: 'no way leads from this device to the address of the proxy',
  ECONNRESET: 'the proxy closed the connection',
};

export const proxy: Check = (device) => {
  const { facts } = device;
  if (!facts.usesProxy) return [skipped('proxy', 'No proxy is set for relays.')];
  const own = ownRelaysOf(facts);
  const behind = own.filter((relay) => isProxied(device, relay));
  if (own.length > 0 && behind.length === 0)
    return [skipped('proxy', 'A proxy is set, and the relays in use are excepted from it.')];
  if (behind.some(({ state }) => state === 'connected')) return [ok('proxy', 'Relays are reached through the proxy.')];
  if (behind.every(({ downReason }) => downReason === null))
    return [skipped('proxy', 'No relay was tried through the proxy yet.')];
  if (hasNoNetwork(facts)) return [skipped('proxy', `The proxy is not reached, ${BECAUSE_NO_NETWORK}.`)];
  if (!isProxyAtFault(device))
    return [skipped('proxy', 'No relay is reached through the proxy, for another reason than the proxy.')];
  const problem = device.proxy?.problem ?? null;
  const why = problem === null ? '' : `: ${PROXY_PROBLEMS[problem] ?? problem}`;
  return [wrong('proxy', 'failed', `No relay is reached through the proxy${why}.`, 'check-proxy')];
};

/** What a page for signing in looks like from here: something answers, and it is no relay. */
const FOREIGN_ANSWERS: ReadonlySet<RelayDownReason | null> = new Set(['http', 'protocol', 'tls']);

export const captive: Check = ({ facts }) => {
  const own = ownRelaysOf(facts);
  if (own.some(({ state }) => state === 'connected'))
    return [ok('captive', 'This network lets devices out without a sign-in page.')];
  const isForeign = own.length > 0 && own.every(({ downReason }) => FOREIGN_ANSWERS.has(downReason));
  if (isForeign && !facts.usesProxy) {
    const isOne = new Set(own.map(({ url }) => hostOf(url))).size === 1;
    const sentence = isOne
      ? 'What answers as the relay is not what it should be: the relay itself is at fault, or this network wants a sign-in first.'
      : 'Something answers in the place of the relays, as networks do that want a sign-in first.';
    return [wrong('captive', 'warning', sentence, 'open-captive-page')];
  }
  const why = hasNoNetwork(facts) ? BECAUSE_NO_NETWORK : 'because no relay is connected';
  return [skipped('captive', `Whether this network wants a sign-in first is not known, ${why}.`)];
};

/** Reasons that being on no network has for a relay anywhere else. */
const WITHOUT_NETWORK: ReadonlySet<RelayDownReason | null> = new Set([
  'dns',
  'tcp',
  'noRoute',
  'noNetwork',
  'timeout',
  'proxy',
  null,
]);

/** What another check says already, and what is to be done about it; `null`: it is this relay's own matter. */
const causeElsewhere = (device: CheckedDevice, relay: RelayFact): string | null => {
  const { facts } = device;
  const { downReason } = relay;
  if (hasNoNetwork(facts) && WITHOUT_NETWORK.has(downReason)) return BECAUSE_NO_NETWORK;
  if (hasDateTrouble(relay) && isClockOff(device)) return 'because the clock of this device is wrong';
  if (downReason === 'dns' && isNothingFound(device)) return 'because no name is found on this network';
  if (downReason === 'auth') return 'because it does not let this device in';
  if (isProxied(device, relay) && isProxyAtFault(device) && mayBeTheProxy(downReason))
    return 'because the proxy opens no way to it';
  return null;
};

/** What helps where the reason is this relay's own matter. */
const remedyOf = (device: CheckedDevice, relay: RelayFact, reason: RelayDownReason): RemedyCode => {
  if (isProxied(device, relay) && mayBeTheProxy(reason)) return 'check-proxy';
  if (reason === 'dns') return 'check-spelling';
  // Were the clock off, it would be said of the clock.
  if (reason === 'certificateDates' && clockAhead(device) !== null) return 'renew-relay-certificate';
  return remediesOfReason(reason)[0] ?? 'check-relay';
};

const relayCheck = (device: CheckedDevice, relay: RelayFact): DeviceCheck => {
  const { url, state, downReason, rttMs } = relay;
  // With its port: several may run on one machine.
  const name = `relay ${new URL(url).host}`;
  if (state === 'connected') {
    return ok(name, `Connected${rttMs === null ? '' : `, ${Math.round(rttMs)} ms away`}.`);
  }
  const cause = causeElsewhere(device, relay);
  if (cause !== null) return skipped(name, `Not connected, ${cause}.`);
  if (downReason === 'certificateDates' && clockAhead(device) !== null) {
    const sentence =
      'Not connected: its certificate is out of date, or not valid yet; the clock of this device is right.';
    return wrong(name, 'failed', sentence, remedyOf(device, relay, downReason));
  }
  if (downReason !== null)
    return wrong(name, 'failed', `Not connected: ${relayDownPhrase(downReason)}.`, remedyOf(device, relay, downReason));
  const answer = device.answers.find((each) => each.url === url);
  if (answer?.problem === null) {
    return wrong(name, 'warning', 'It is being connected, and answers when it is asked.', 'try-later');
  }
  const reason = answer === undefined ? 'it has not answered yet' : relayDownPhrase(reasonIn(answer.problem));
  const remedy = isProxied(device, relay) ? 'check-proxy' : 'check-relay';
  return wrong(name, 'failed', `It is being connected: ${reason}.`, remedy);
};

/** A relay that was chosen, and is not connected to while others do. */
const keptRelayCheck = (device: CheckedDevice, { url, problem }: RelayAnswer): DeviceCheck => {
  const name = `relay ${new URL(url).host}`;
  if (problem === null) return ok(name, 'Kept for later; it answers when it is asked.');
  const downReason = reasonIn(problem);
  const relay: RelayFact = { url, role: 'standby', state: 'down', downReason, rttMs: null };
  const cause = causeElsewhere(device, relay);
  if (cause !== null) return skipped(name, `Kept for later, and does not answer, ${cause}.`);
  const sentence = `Kept for later, and not usable when it was asked: ${relayDownPhrase(downReason)}.`;
  return wrong(name, 'warning', sentence, remedyOf(device, relay, downReason));
};

/** `tcp: ECONNREFUSED`, as programs get it. */
const reasonIn = (problem: string): RelayDownReason => (problem.split(':', 1)[0] ?? problem) as RelayDownReason;

export const relays: Check = (device) => {
  const { facts } = device;
  if (facts.relayChoice === 'disabled')
    return [skipped('relays', 'Relays are disabled; only devices on this network reach this one.')];
  const own = ownRelaysOf(facts);
  if (own.length > 0) {
    const kept = device.answers.filter(({ url }) => !own.some((relay) => relay.url === url));
    return [...own.map((relay) => relayCheck(device, relay)), ...kept.map((answer) => keptRelayCheck(device, answer))];
  }
  if (isAway(device, RELAY_WORKER))
    return [
      skipped('relays', 'Not known, because the part of this device that holds connections to relays does not answer.'),
    ];
  if (hasNoNetwork(facts)) return [skipped('relays', `No relay is in use, ${BECAUSE_NO_NETWORK}.`)];
  return [wrong('relays', 'failed', 'No relay is in use yet.', 'check-internet')];
};

export const token: Check = ({ facts }) => {
  const own = ownRelaysOf(facts);
  const refusing = own.filter(({ state, downReason }) => state !== 'connected' && downReason === 'auth');
  if (refusing.length > 0) {
    const hosts = refusing.map(({ url }) => hostOf(url)).join(', ');
    return [wrong('token', 'failed', `This device is not let in by: ${hosts}.`, 'check-relay-token')];
  }
  if (own.some(({ state }) => state === 'connected')) return [ok('token', 'No relay refuses this device.')];
  return [skipped('token', 'No relay was reached that could let this device in, or refuse it.')];
};
