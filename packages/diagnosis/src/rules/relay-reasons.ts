import type { RelayDownReason, RelayFact } from '@bowline/contracts';
import { hostOf } from '../host-of.ts';
import { relayDownPhrase } from '../phrases/reason-phrases.ts';
import type { RemedyCode } from '../remedies.ts';

/** A relay that is not connected, and why. */
export type DownRelay = RelayFact & { readonly downReason: RelayDownReason };

/** Reasons for which nothing was heard that could be used: no packet, or no more than that somebody is there. */
const SILENT: ReadonlySet<RelayDownReason> = new Set([
  'dns',
  'tcp',
  'portClosed',
  'noRoute',
  'noNetwork',
  'timeout',
  'closed',
]);

/** Whether nothing came back from a relay. Otherwise it was reached, and cannot be used. */
export const isSilent = ({ downReason }: DownRelay): boolean => SILENT.has(downReason);

const REMEDIES_OF: Readonly<Record<RelayDownReason, readonly RemedyCode[]>> = {
  dns: ['check-dns'],
  tcp: ['check-relay', 'check-internet'],
  portClosed: ['check-relay'],
  noRoute: ['check-gateway'],
  noNetwork: ['check-network'],
  tls: ['check-relay-certificate', 'open-captive-page'],
  certificateDates: ['check-relay-certificate', 'set-clock'],
  http: ['check-relay', 'open-captive-page'],
  unavailable: ['check-relay'],
  auth: ['check-relay-token'],
  version: ['check-relay'],
  protocol: ['check-relay', 'open-captive-page'],
  timeout: ['check-relay'],
  closed: ['check-relay'],
  displaced: ['end-one-copy'],
  contested: ['end-one-copy'],
  notConfigured: ['configure-their-relay'],
  proxy: ['check-proxy'],
};

/** What helps against a relay that is down, likeliest first. */
export const remediesOfReason = (reason: RelayDownReason): readonly RemedyCode[] => REMEDIES_OF[reason];

/** What helps against relays that are down, each for its own reason. */
export const remediesOf = (relays: readonly DownRelay[]): readonly RemedyCode[] => [
  ...new Set(relays.flatMap(({ downReason }) => REMEDIES_OF[downReason])),
];

/** Relays with what is wrong with each, as a sentence names them. */
export const namedWithReasons = (relays: readonly DownRelay[]): string =>
  [...new Set(relays.map(({ url, downReason }) => `${hostOf(url)} (${relayDownPhrase(downReason)})`))].join(' and ');
