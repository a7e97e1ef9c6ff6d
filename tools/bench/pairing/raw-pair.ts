import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RawAddress, RawAnswer, RawBind, RawCall } from './raw-endpoint.ts';

export const LOOPBACK = ['127.0.0.1', '::1'] as const;

/** Addresses that can be bound and are never reached: whoever is bound to them is found through a relay alone. */
export const DEAF = ['239.255.77.77', 'ff00::4d4d'] as const;

const ENTRY = fileURLToPath(new URL('./raw-endpoint.ts', import.meta.url));

/**
 * Two bound iroh endpoints, each in a process of its own as those of devices are, and nothing of ours between them but a
 * relay if one is given: what pairing is compared with.
 */
export interface RawPair extends AsyncDisposable {
  /** Milliseconds a fresh connection and two round trips on it take. */
  connect(): Promise<number>;
  /** The same with two durable writes on either side: all that a pairing must write. */
  connectAndCommit(): Promise<number>;
}

const ask = async (child: ChildProcess, call: RawCall): Promise<RawAnswer> => {
  child.send(call);
  const [answer] = (await once(child, 'message')) as [RawAnswer];
  return answer;
};

const start = async (bind: RawBind): Promise<{ readonly child: ChildProcess; readonly address: RawAddress }> => {
  const child = fork(ENTRY);
  return { child, address: (await ask(child, { bind })) as RawAddress };
};

/**
 * @param folder where the two keep their databases
 * @param relayUrl all that is between the two; `null` puts them on loopback
 */
export const rawPair = async (folder: string, relayUrl: string | null): Promise<RawPair> => {
  const bindTo = ([ipv4, ipv6]: readonly [string, string], name: string): RawBind => ({
    ipv4,
    ipv6,
    relayUrl,
    database: join(folder, `raw-${name}-${performance.now()}.db`),
  });
  const near = await start(bindTo(LOOPBACK, 'near'));
  const far = await start(bindTo(relayUrl === null ? LOOPBACK : DEAF, 'far'));
  const run = async (commits: boolean): Promise<number> => {
    const answer = await ask(near.child, { run: { to: far.address, commits } });
    return (answer as Extract<RawAnswer, { elapsedMs: number }>).elapsedMs;
  };
  return {
    connect: () => run(false),
    connectAndCommit: () => run(true),
    [Symbol.asyncDispose]: async () => {
      const ends = [near, far].map(({ child }) => once(child, 'exit'));
      for (const { child } of [near, far]) child.disconnect();
      await Promise.all(ends);
    },
  };
};
