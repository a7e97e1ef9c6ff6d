import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchNetwork } from './bench-network.ts';
import { ended, said, spawnAt } from './run-within.ts';

/** A program that moves a file by a code that both sides are told. */
export interface CodeTool {
  /** Resolves with how long the receiving command ran, seconds, its start included: the sending one waits for it. */
  copy(path: string, folder: string): Promise<number>;
  end(): Promise<void>;
}

const PIPES = ['ignore', 'pipe', 'pipe'] as const;
const MAILBOX_PORT = 24_000;
const RELAY_PORTS = '24009,24010,24011,24012,24013';

/** For a server that does not say when it listens. */
const START_MS = 2_000;

const timed = async (run: () => Promise<void>): Promise<number> => {
  const startedAtMs = performance.now();
  await run();
  return (performance.now() - startedAtMs) / 1_000;
};

/**
 * magic-wormhole, directly from one side to the other. @param program the `wormhole` of an installation that has
 * magic-wormhole-mailbox-server as well, which runs beside the receiver @param folder where that keeps what it remembers
 */
export const wormholeTool = async (
  program: string,
  { sender, receiver }: BenchNetwork,
  folder: string,
): Promise<CodeTool> => {
  const mailbox = spawnAt(
    receiver,
    [join(dirname(program), 'twist'), 'wormhole-mailbox', `--port=tcp:${MAILBOX_PORT}:interface=${receiver.address}`],
    { stdio: [...PIPES], cwd: folder },
  );
  await said(mailbox, 'starting on');
  const common = [
    program,
    '--relay-url',
    `ws://${receiver.address}:${MAILBOX_PORT}/v1`,
    // Nothing answers there: what is measured is the direct way.
    '--transit-helper',
    `tcp:${receiver.address}:9`,
  ];
  return {
    copy: async (path, folder) => {
      const code = `${randomBytes(2).readUInt16BE(0)}-bench-${randomBytes(6).toString('hex')}`;
      const sending = spawnAt(sender, [...common, 'send', '--hide-progress', '--code', code, path], {
        stdio: [...PIPES],
      });
      await said(sending, code);
      const receive = [...common, 'receive', '--hide-progress', '--accept-file', '-o', folder, code];
      const seconds = await timed(() => ended(spawnAt(receiver, receive, { stdio: 'ignore' })));
      await ended(sending);
      return seconds;
    },
    end: async () => void mailbox.kill(),
  };
};

/** croc, by way of a relay of its own beside the receiver. @param program the path of `croc` */
export const crocTool = async (program: string, { sender, receiver }: BenchNetwork): Promise<CodeTool> => {
  const relay = spawnAt(receiver, [program, 'relay', '--host', receiver.address, '--ports', RELAY_PORTS], {
    stdio: 'ignore',
  });
  await pause(START_MS);
  const [port] = RELAY_PORTS.split(',');
  const common = [program, '--yes', '--ignore-stdin', '--overwrite', '--relay', `${receiver.address}:${port}`];
  return {
    copy: async (path, folder) => {
      const env = { ...process.env, CROC_SECRET: `${randomBytes(4).toString('hex')}-bench-code` };
      const sending = spawnAt(sender, [...common, 'send', '--no-local', path], { stdio: [...PIPES], env });
      await said(sending, 'Code is');
      const seconds = await timed(() =>
        ended(spawnAt(receiver, [...common, '--out', folder], { stdio: 'ignore', env, cwd: folder })),
      );
      await ended(sending);
      return seconds;
    },
    end: async () => void relay.kill(),
  };
};
