import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { LabHost } from '@bowline/testing/network-lab';
import { type ChildCommand, childCommand } from '../../apps/bowline/src/demo/child-command.ts';
import type { LabTimeline } from './lab-timeline.ts';

/** A relay on a host of its own: it can be killed and started again. */
export interface LabRelay extends AsyncDisposable {
  readonly url: string;
  start(): Promise<void>;
  /** Ends it without a word. */
  kill(): Promise<void>;
}

/** @param port TCP port of the relay */
export const labRelay = (host: LabHost, timeline: LabTimeline, port = 3_340): LabRelay => {
  let command: ChildCommand | null = null;
  const name = host.address.includes(':') ? `[${host.address}]` : host.address;
  const kill = async (): Promise<void> => {
    if (command === null || command.process.exitCode !== null) return;
    timeline.note(host.name, 'is killed');
    const ended = once(command.process, 'exit');
    command.process.kill('SIGKILL');
    await ended;
    command = null;
  };
  return {
    url: `http://${name}:${port}/`,
    start: async () => {
      // A home of a lab shows one address to the relay, whoever is in it and however often they come back.
      const options = ['--port', String(port), '--connection-rate', '1000'];
      command = childCommand(['relay', 'serve', ...options], host.within);
      const { stderr } = command.process;
      if (stderr !== null)
        createInterface({ input: stderr }).on('line', (line) => timeline.note(`${host.name} log`, line));
      await command.line(({ event }) => event === 'listening');
      timeline.note(host.name, 'listens');
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
};
