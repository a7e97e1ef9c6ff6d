import { type RelaySwitchboardChannel, relaySwitchboardChannel, type WorkerDefinition } from '@bowline/contracts';
import type { RelaySwitchboardOptionsInput } from './options.ts';
import { relaySwitchboard } from './relay-switchboard.ts';

/** How the switchboard is made in a worker. */
export const relaySwitchboardWorker: WorkerDefinition<RelaySwitchboardChannel, RelaySwitchboardOptionsInput> = {
  name: 'relay-switchboard',
  channel: relaySwitchboardChannel,
  create: (options, components) => relaySwitchboard(options)(components),
};
