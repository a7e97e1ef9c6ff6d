import { linkMachine } from '@bowline/links';
import type { DrawnMachine } from '@bowline/machines';
import { initiatorMachine, joinerMachine } from '@bowline/pairing-state-machine';
import { relayConnectionMachine } from '@bowline/relay-switchboard';
import { workerMachine } from '@bowline/supervisor';

/** Every machine whose sessions a host can be asked about, in the order in which they are shown. */
export const MACHINES: readonly DrawnMachine[] = Object.freeze([
  initiatorMachine,
  joinerMachine,
  workerMachine,
  linkMachine,
  relayConnectionMachine,
]);
