import type { DeviceFacts, RelayDownReason } from '@bowline/contracts';
import { boundedInteger, boundedString, relayUrl } from '@bowline/wire-format';
import { z } from 'zod';

/** Relays a device tells facts of, as the contract has it. */
const MAX_RELAY_FACTS = 8;

/** Versions and codes of errors; ours have at most 40 characters. */
const MAX_WORD_CHARACTERS = 64;

/** Round trips and delays, whole: nobody waits longer than a day for an answer. */
const MAX_MS = 86_400_000;

const milliseconds = boundedInteger(MAX_MS);

const DOWN_REASONS = {
  dns: true,
  tcp: true,
  portClosed: true,
  noRoute: true,
  noNetwork: true,
  tls: true,
  certificateDates: true,
  http: true,
  unavailable: true,
  auth: true,
  version: true,
  protocol: true,
  timeout: true,
  closed: true,
  displaced: true,
  contested: true,
  notConfigured: true,
  proxy: true,
} as const satisfies Record<RelayDownReason, true>;

/** A reason that only a later Bowline knows reads as none: the frame stays readable. */
const downReason = z
  .enum(Object.keys(DOWN_REASONS) as [RelayDownReason, ...RelayDownReason[]])
  .nullable()
  .catch(null);

const isWord = (text: string): boolean => /^[\x21-\x7e]{1,64}$/.test(text);

const word = boundedString(MAX_WORD_CHARACTERS, 1).refine(isWord);

/** What a device tells of itself, as `facts` carries it: all of `DeviceFacts` but the words about mDNS, which may name addresses. */
export const toldFactsSchema: z.ZodType<DeviceFacts> = z
  .strictObject({
    atMs: boundedInteger(),
    version: word,
    nat: z.enum(['none', 'endpoint-independent', 'symmetric', 'unknown']),
    udp: z.enum(['works', 'blocked', 'unknown']),
    hasObserver: z.boolean(),
    bound: z.enum(['everywhere', 'some', 'loopback', 'nowhere']),
    families: z.array(z.enum(['ipv4', 'ipv6'])).max(2),
    relayChoice: z.enum(['default', 'custom', 'disabled']),
    usesProxy: z.boolean(),
    relays: z
      .array(
        z.strictObject({
          url: relayUrl,
          role: z.enum(['home', 'standby']),
          state: z.enum(['connected', 'connecting', 'down']),
          downReason,
          rttMs: milliseconds.nullable(),
        }),
      )
      .max(MAX_RELAY_FACTS),
    mdns: z.enum(['works', 'failing', 'off']),
    storeProblem: word.nullable(),
    timerDelayMs: milliseconds.nullable(),
  })
  .transform((facts) => ({ ...facts, mdnsProblem: null }));

/**
 * Facts in the form {@link toldFactsSchema} reads, whatever they hold: a link does not end over what is only told beside it.
 * Relays that are only joined because other devices are there stay untold.
 */
export const toldFacts = ({ mdnsProblem: _words, relays, ...facts }: DeviceFacts): object => ({
  ...facts,
  version: isWord(facts.version) ? facts.version : 'unknown',
  storeProblem: facts.storeProblem === null || isWord(facts.storeProblem) ? facts.storeProblem : 'unknown',
  relays: relays
    .filter(({ role }) => role !== 'peer')
    .slice(0, MAX_RELAY_FACTS)
    .map((relay) => ({ ...relay, rttMs: whole(relay.rttMs) })),
  timerDelayMs: whole(facts.timerDelayMs),
});

/** A machine that slept for days has timers that are later than that. */
const whole = (ms: number | null): number | null =>
  ms === null ? null : Math.min(MAX_MS, Math.max(0, Math.round(ms)));
