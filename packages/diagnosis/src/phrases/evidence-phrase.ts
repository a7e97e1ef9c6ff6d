import type { LinkDownReason, NatKind, RelayDownReason, TcpAbsence, TcpDialFailure } from '@bowline/contracts';
import { byteCount } from './byte-count.ts';
import { keptLinkDownPhrase, relayDownPhrase, tcpAbsencePhrase, tcpFailurePhrase } from './reason-phrases.ts';
import { relativeTime, spanPhrase } from './time-phrases.ts';

type Value = string | number | boolean | null;

/** `null`: as it is. */
type Said = (value: Value, nowMs: number) => string | null;

/** How a fact is called, and what its value says, to a person. */
interface Phrase {
  readonly name: string;
  /** @defaultValue the value as it is */
  readonly said?: Said;
}

const among =
  (words: Readonly<Record<string, string>>): Said =>
  (value) =>
    words[String(value)] ?? null;

const timeOf: Said = (value, nowMs) => (typeof value === 'number' ? relativeTime(value, nowMs) : 'never');

const spanSaid: Said = (value) => (typeof value === 'number' ? spanPhrase(value) : null);

const YES_NO = among({ true: 'yes', false: 'no' });

const NAT: Readonly<Record<NatKind, string>> = {
  none: 'nothing',
  'endpoint-independent': 'a router that keeps one port for all',
  symmetric: 'a router that takes a port for every destination',
  unknown: 'not known',
};

const REFUSALS: Readonly<Record<string, string>> = {
  unpaired: 'this device was unpaired there',
  'not-paired': 'this device is not paired there',
  stale: 'this device is an older copy of itself',
  'version-unsupported': 'it speaks another version',
  busy: 'it is busy',
  cloned: 'one of the two runs twice, from copies of the same data',
};

const REFUSED_HERE: Readonly<Record<string, string>> = {
  stale: 'it runs from an older copy of its data',
  cloned: 'it runs twice, from copies of the same data',
  'version-unsupported': 'it speaks another version',
};

/** By the stable name that programs get. */
const PHRASES: Readonly<Record<string, Phrase>> = {
  'tcp.bytesPerSecond': {
    name: 'streams over TCP',
    said: (value) => (typeof value === 'number' ? `${byteCount(value)}/s` : null),
  },
  'tcp.absence': {
    name: 'large streams use',
    said: (value) => tcpAbsencePhrase(String(value) as TcpAbsence),
  },
  'tcp.failure': {
    name: 'a TCP connection from there',
    said: (value) => tcpFailurePhrase(String(value) as TcpDialFailure),
  },
  'tcp.stoodWithOthers': { name: 'further devices here reached by TCP' },
  'tcp.failedWithOthers': { name: 'further devices here not reached by TCP' },
  'path.scope': {
    name: 'address is',
    said: among({
      loopback: 'of this machine',
      lan: 'on this network',
      private: 'on a private network',
      public: 'public',
    }),
  },
  'path.family': { name: 'reached by', said: among({ ipv4: 'IPv4', ipv6: 'IPv6' }) },
  'path.learntFrom': {
    name: 'address learnt',
    said: among({
      mdns: 'on the local network',
      stored: 'in earlier connections',
      peer: 'from the other device',
      null: 'by trying',
    }),
  },
  'connection.state': { name: 'state' },
  'connection.stateSinceMs': { name: 'connected since', said: timeOf },
  'connection.sightedAtMs': { name: 'seen on the local network', said: timeOf },
  'connection.lastHeardAtMs': { name: 'last heard', said: timeOf },
  'connection.lastDown': {
    name: 'last connection ended',
    said: (value) => keptLinkDownPhrase(String(value) as LinkDownReason),
  },
  'connection.refusedWith': { name: 'it refused', said: among(REFUSALS) },
  'connection.refusedHere': { name: 'refused here', said: among(REFUSED_HERE) },
  'connection.failureCount': { name: 'failed attempts in a row' },
  'connection.absentOnRelay': { name: 'not there, says relay' },
  'connection.peerRelayUrls': { name: 'relays it can be found on' },
  'connection.usesRelays': { name: 'may go through relays', said: YES_NO },
  'connection.sharedRelayUrls': { name: 'relays both are connected to' },
  'connection.sharesOutsideAddress': { name: 'behind one router', said: YES_NO },
  'connection.isOverBudget': { name: 'relay budget used up', said: YES_NO },
  'connection.rttMs': { name: 'an answer takes', said: spanSaid },
  'connection.roundTripLeastMs': { name: 'an answer takes at least', said: spanSaid },
  'connection.roundTripMedianMs': { name: 'mostly', said: spanSaid },
  'connection.roundTripMostMs': { name: 'and at most', said: spanSaid },
  'connection.roundTripCount': { name: 'answers measured' },
  'connection.lossRatio': {
    name: 'sent packets lost',
    said: (value) => (typeof value === 'number' ? `${Math.round(value * 1_000) / 10} %` : null),
  },
  bound: {
    name: 'uses addresses',
    said: among({ everywhere: 'all', some: 'some', loopback: 'of this machine alone', nowhere: 'none' }),
  },
  families: {
    name: 'addresses of kind',
    said: (value) => String(value).replaceAll('ipv', 'IPv') || 'none: no network',
  },
  hasObserver: { name: 'somebody tells its address', said: YES_NO },
  mdns: {
    name: 'local network (mDNS)',
    said: among({ works: 'works', failing: 'does not work', off: 'switched off' }),
  },
  nat: { name: 'before the internet', said: among(NAT) },
  relayChoice: {
    name: 'relays',
    said: among({ default: 'the public ones', custom: 'your own', disabled: 'switched off' }),
  },
  storeProblem: { name: 'store', said: (value) => (value === null ? 'works' : null) },
  timerDelayMs: { name: 'late by', said: spanSaid },
  udp: { name: 'UDP', said: among({ works: 'works', blocked: 'blocked', unknown: 'not known' }) },
  usesProxy: { name: 'HTTP proxy', said: YES_NO },
  version: { name: 'release' },
};

/** `relay HOST`: a round trip, or why it is down. */
const relaySaid = (value: Value): string => {
  if (typeof value === 'number') return spanPhrase(value);
  return value === null ? 'not connected' : relayDownPhrase(String(value) as RelayDownReason);
};

/** A piece of evidence in words: how the fact is called, and what it says. A fact of another Bowline is shown as it is. */
export const evidencePhrase = (
  { fact, value }: { readonly fact: string; readonly value: Value },
  nowMs: number,
): readonly [name: string, said: string] => {
  if (fact.startsWith('relay ')) return [fact, relaySaid(value)];
  const phrase = PHRASES[fact];
  const said = phrase?.said?.(value, nowMs) ?? (value === null ? '–' : String(value));
  return [phrase?.name ?? fact, said];
};

/** Facts that have a phrase. */
export const PHRASED_FACTS: readonly string[] = Object.keys(PHRASES);
