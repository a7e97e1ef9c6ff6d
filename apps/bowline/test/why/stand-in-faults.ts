import type { LabHost } from '@bowline/testing/network-lab';
import type { LabRelay } from '../lab-devices.ts';
import { allowAllAt } from './blocked-udp.ts';
import type { Expectation, Fault } from './fault-lab.ts';
import type { PairInLab } from './pair-in-lab.ts';
import { type End, serveOn } from './serve-on.ts';

/** Where these faults are made: two homes, relays, and a connection that needs them. */
export interface StandInStage {
  readonly pair: PairInLab;
  /** Relays with the hosts they run on. */
  readonly relays: readonly (readonly [LabRelay, LabHost])[];
}

/** Kills the relays, and runs a program in the place of each; `null`: nothing. */
export const inPlaceOf = (
  { pair, relays }: StandInStage,
  programs: readonly (string | null)[],
  expected: readonly Expectation[],
): Fault => {
  let ends: readonly (End | undefined)[] = [];
  return {
    make: async () => {
      await Promise.all(relays.map(([relay]) => relay.kill()));
      ends = await Promise.all(
        relays.map(([, host], index) => {
          const program = programs[index] ?? null;
          return program === null ? undefined : serveOn(host, program);
        }),
      );
    },
    undo: async () => {
      await Promise.all(ends.map((end) => end?.()));
      await Promise.all(relays.map(([relay]) => relay.start()));
      await pair.connected();
    },
    expected,
  };
};

/** What a firewall on a host does with what goes out to relays. */
type Verdict = 'drop' | 'reject with tcp reset' | 'reject with icmpx type admin-prohibited';

/** Lets a host's connections to relays go no further. Takes the table of other firewalls: one at a time. */
export const keepFromRelays = (
  pair: PairInLab,
  host: LabHost,
  verdict: Verdict,
  expected: readonly Expectation[],
): Fault => ({
  make: () =>
    host.run(
      'nft',
      `table inet relays { chain out { type filter hook output priority 0; tcp dport 3340 ${verdict}; }; }`,
    ),
  undo: async () => {
    await host.run('nft', 'delete', 'table', 'inet', 'relays');
    await pair.connected();
  },
  expected,
});

/** Takes a host's way out of its network. @param gateway of its network */
export const withoutGateway = (
  pair: PairInLab,
  host: LabHost,
  gateway: string,
  expected: readonly Expectation[],
): Fault => ({
  make: () => host.run('ip', 'route', 'del', 'default'),
  undo: async () => {
    await host.run('ip', 'route', 'add', 'default', 'via', gateway);
    await pair.connected();
  },
  expected,
});

/** A firewall on a host, put up while neither device runs. */
export const behindFirewall = (
  pair: PairInLab,
  host: LabHost,
  rule: string,
  expected: readonly Expectation[],
): Fault => ({
  make: () =>
    pair.restarted(() =>
      host.run('nft', `table inet lab { chain out { type filter hook output priority 0; ${rule}; }; }`),
    ),
  undo: () => allowAllAt(host),
  expected,
});
