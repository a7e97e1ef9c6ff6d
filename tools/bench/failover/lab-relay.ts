import { fileURLToPath } from 'node:url';
import type { LabHost } from '@bowline/testing/network-lab';
import { type LabChild, labChild } from './lab-child.ts';

const MAIN = fileURLToPath(new URL('../../../apps/bowline/src/main.ts', import.meta.url));
const PORT = 3_340;

/** Our relay on a host of its own: it can be killed, frozen and started again. */
export interface LabRelay {
  readonly url: string;
  start(): Promise<void>;
  /** SIGKILL; waits for the end. */
  kill(): Promise<void>;
  /** SIGSTOP: sockets stay open, nobody answers. */
  freeze(): void;
  thaw(): void;
}

export const labRelay = async (host: LabHost): Promise<LabRelay> => {
  let child: LabChild | null = null;
  const start = async (): Promise<void> => {
    child = labChild(host, [MAIN, 'relay', 'serve', '--port', String(PORT), '--observer-port', 'off', '--json']);
    await child.next('listening');
  };
  await start();
  return {
    url: `http://${host.address}:${PORT}/`,
    start,
    kill: async () => child?.[Symbol.asyncDispose](),
    freeze: () => child?.process.kill('SIGSTOP'),
    thaw: () => child?.process.kill('SIGCONT'),
  };
};
