import type {
  DeviceCheck,
  DeviceFacts,
  MulticastInterface,
  OpenedPortReport,
  PortMapping,
  RelayAnswer,
  RelayUrl,
  StoreKeyKind,
  TcpReport,
  WorkerReport,
} from '@bowline/contracts';
import { REMEDIES, type RemedyCode } from '../remedies.ts';

/** The proxy for relays, as it was just found. */
export interface ProxyReport {
  /** Relays that are reached through it; the others are excepted from it. */
  readonly relayUrls: readonly RelayUrl[];
  /** What it said, or the system of it, when it opened no way; `null` where it did, or was not asked. */
  readonly problem: string | null;
}

/** What a device is checked by. */
export interface CheckedDevice {
  readonly facts: DeviceFacts;
  readonly workers: readonly WorkerReport[];
  /** Names of those that were asked just now and did not answer. */
  readonly silentWorkers: readonly string[];
  /** How the chosen relays answered just now. */
  readonly answers: readonly RelayAnswer[];
  /** `null` where none is set, or nothing is known of it. */
  readonly proxy: ProxyReport | null;
  /** How far this machine's clock is ahead of each relay that told its own, milliseconds. */
  readonly clockAheadMs: readonly number[];
  /** What this release runs on, in words. */
  readonly runtime: string;
  /** A port that a router opened though this device keeps to the local network or this machine; `null` where none did. */
  readonly openedPort: OpenedPortReport | null;
  /** What to do about the store, in words; `null` while it stores. */
  readonly storeRemedy: string | null;
  /** How the key of the store is kept. */
  readonly storeKey: StoreKeyKind;
  /** The interfaces multicast DNS uses; `null`: not to be had at the moment. */
  readonly multicast: readonly MulticastInterface[] | null;
  /** `null`: not to be had at the moment. */
  readonly portMapping: PortMapping | null;
  /** How far TCP is used, and where it is listened for. */
  readonly tcp: TcpReport;
  /** Firewalls that seem to be switched on here, by name; `null` where nobody knows how to look. */
  readonly firewalls: readonly string[] | null;
}

/** One check. Pure. @returns none where there is nothing to check */
export type Check = (device: CheckedDevice) => readonly DeviceCheck[];

export const ok = (name: string, sentence: string): DeviceCheck => ({ name, result: 'ok', sentence, remedy: null });
export const skipped = (name: string, sentence: string): DeviceCheck => ({
  name,
  result: 'skipped',
  sentence,
  remedy: null,
});
/** Remedies that speak of another device where a link is explained, in words for this one. */
const OWN_WORDS: Partial<Record<RemedyCode, string>> = {
  'allow-local-udp': 'Allow incoming UDP for Bowline in the firewall of this device.',
  'reduce-load': 'Give this device less to do; its timers fire late.',
};

export const wrong = (
  name: string,
  result: 'warning' | 'failed',
  sentence: string,
  remedy: RemedyCode,
): DeviceCheck => ({ name, result, sentence, remedy: OWN_WORDS[remedy] ?? REMEDIES[remedy] });
