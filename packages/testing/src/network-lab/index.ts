/**
 * Real networks for tests, built from Linux network namespaces: rooms with hosts, switches, routers and an internet,
 * faults to inject, and nothing left when a room ends. Takes root, iproute2 and nftables.
 *
 * @packageDocumentation
 */
export { buildTopology } from './build-topology.ts';
export { describeInLab, type FurtherTools, whyNoLab } from './describe-in-lab.ts';
export { LabCommandError, LabNotEmptyError, LabUnavailableError } from './errors.ts';
export type { LabHost } from './lab-host.ts';
export { oneLan } from './one-lan.ts';
export type { Room } from './room.ts';
export { switchRules } from './switched-network.ts';
export type { LabHome, LabLeg, LabNatKind, LabSwitch, LabTopology } from './topology.ts';
export { type HomesRoom, noDirectPath, type TwoHomes, twoHomes } from './two-homes.ts';
