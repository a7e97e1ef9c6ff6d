/**
 * What every state machine runs with: the clock, who watches it, and its chart.
 *
 * @packageDocumentation
 */
export { eventLabel } from './event-label.ts';
export { type InspectedMachines, inspectMachines, type StatelyInspector } from './inspect-machines.ts';
export { type DrawnMachine, machineChart } from './machine-chart.ts';
export { type MachineClock, machineClock } from './machine-clock.ts';
export { machineDefinition } from './machine-definition.ts';
export { type MachineWatch, type MachineWatchComponents, machineWatch, type WatchedActor } from './machine-watch.ts';
export { statePath } from './state-path.ts';
