/**
 * What a channel costs over the transport below it: `npm run bench channel`.
 *
 * The same payload goes there and back over our channel, over the bare transport, and raw, alternately and in one run,
 * so that all see the same machine. Prints one JSON object: the median of all rounds in microseconds for each call,
 * and of ours divided by the others in the same round.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import {
  type ChannelMessage,
  childProcessTransport,
  connectChannel,
  memoryTransportPair,
  messagePortTransport,
  serveChannel,
  type Transport,
} from '@bowline/channel';
import { systemClock } from '@bowline/system-ports';
import { type EchoPayload, echoChannel } from './channel-echo/definition.ts';

const ROUNDS = 25;
const PAYLOAD: EchoPayload = Object.freeze({ deviceId: 'd'.repeat(32), atMs: 1_700_000_000_000, path: 'relay' });

/** Calls in one round; enough for a round of some 50 ms. */
const CALLS = { memory: 20_000, thread: 1_500, process: 1_000 } as const;

type Placement = keyof typeof CALLS;
type Mode = 'sequential' | 'pipelined';

type Contender = 'ours' | 'bare' | 'raw';
type Subject = Readonly<Record<Mode, (calls: number) => Promise<void>>>;
type Rig = Readonly<Record<Contender, Subject>> & { readonly end: () => void };

/** Something to send with, and a place for who hears what comes back. */
interface Pipe {
  readonly post: (message: unknown) => void;
  readonly listen: (onMessage: (message: unknown) => void) => void;
}

const callsOf = (call: () => Promise<unknown>): Subject => ({
  sequential: async (calls) => {
    for (let done = 0; done < calls; done += 1) await call();
  },
  pipelined: async (calls) => {
    await Promise.all(Array.from({ length: calls }, call));
  },
});

const oursOver = async (transport: Transport): Promise<Subject & { readonly end: () => void }> => {
  const client = await connectChannel(echoChannel, transport, { clock: systemClock });
  return { ...callsOf(() => client.request('echo', PAYLOAD)), end: () => client.close() };
};

/** The bare transport with the least a caller needs: a number that finds whose answer it is, and a promise. */
const bareOver = ({ post, listen }: Pipe): Subject => {
  const waiting = new Map<number, (answer: unknown) => void>();
  let nextId = 0;
  listen((message) => {
    const [id, answer] = message as [number, unknown];
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  return callsOf(
    () =>
      new Promise((resolve) => {
        waiting.set(nextId, resolve);
        post([nextId, PAYLOAD]);
        nextId += 1;
      }),
  );
};

/** The wire itself: messages are counted, and nobody knows which answer is whose. */
const rawOver = ({ post, listen }: Pipe): Subject => {
  let missing = 0;
  let resolve = (): void => undefined;
  listen(() => {
    missing -= 1;
    if (missing === 0) resolve();
  });
  const exchange = (calls: number): Promise<void> =>
    new Promise((done) => {
      missing = calls;
      resolve = done;
      for (let call = 0; call < calls; call += 1) post(PAYLOAD);
    });
  return {
    sequential: async (calls) => {
      for (let call = 0; call < calls; call += 1) await exchange(1);
    },
    pipelined: exchange,
  };
};

const memoryRig = async (): Promise<Rig> => {
  const [near, far] = memoryTransportPair();
  serveChannel(echoChannel, far, { handlers: { echo: (input) => input } });
  const ours = await oursOver(near);
  return { ours, bare: bareOver(memoryPipe()), raw: rawOver(memoryPipe()), end: ours.end };
};

const memoryPipe = (): Pipe => {
  const [near, far] = memoryTransportPair();
  far.listen({ onMessage: (message) => far.post(message), onClose: () => undefined });
  return {
    post: (message) => near.post(message as ChannelMessage),
    listen: (onMessage) => near.listen({ onMessage, onClose: () => undefined }),
  };
};

const threadRig = async (): Promise<Rig> => {
  const ours = await oursOver(messagePortTransport(new Worker(entry('channel-entry'), { execArgv: [] })));
  const threads = [
    new Worker(entry('bare-entry'), { execArgv: [] }),
    new Worker(entry('bare-entry'), { execArgv: [] }),
  ];
  const [bare, raw] = threads.map((worker) => ({
    post: (message: unknown) => worker.postMessage(message),
    listen: (onMessage: (message: unknown) => void) => void worker.on('message', onMessage),
  })) as [Pipe, Pipe];
  const end = (): void => {
    ours.end();
    for (const worker of threads) worker.unref();
  };
  return { ours, bare: bareOver(bare), raw: rawOver(raw), end };
};

const processRig = async (): Promise<Rig> => {
  const ours = await oursOver(childProcessTransport(forkEntry('channel-entry')));
  const children = [forkEntry('bare-entry'), forkEntry('bare-entry')];
  const [bare, raw] = children.map((child) => ({
    post: (message: unknown) => void child.send(message as object),
    listen: (onMessage: (message: unknown) => void) => void child.on('message', onMessage),
  })) as [Pipe, Pipe];
  const end = (): void => {
    ours.end();
    for (const child of children) child.disconnect();
  };
  return { ours, bare: bareOver(bare), raw: rawOver(raw), end };
};

const forkEntry = (name: string): ChildProcess =>
  fork(entry(name), [], { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });

const entry = (name: string): URL => new URL(`./channel-echo/${name}.ts`, import.meta.url);

const microsecondsPerCall = async (subject: Subject, mode: Mode, calls: number): Promise<number> => {
  const startedMs = performance.now();
  await subject[mode](calls);
  return ((performance.now() - startedMs) * 1_000) / calls;
};

const medianOf = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const rounded = (value: number): number => Math.round(value * 100) / 100;

const CONTENDERS = ['ours', 'bare', 'raw'] as const;

const compare = async (rig: Rig, mode: Mode, calls: number) => {
  const samples: Record<Contender, number[]> = { ours: [], bare: [], raw: [] };
  for (let round = -3; round < ROUNDS; round += 1) {
    // Whoever goes first alternates; the first rounds warm up and are dropped.
    for (const who of round % 2 === 0 ? CONTENDERS : CONTENDERS.toReversed()) {
      const microseconds = await microsecondsPerCall(rig[who], mode, calls);
      if (round >= 0) samples[who].push(microseconds);
    }
  }
  // Rounds are compared pair by pair, and only then is the median taken: what slows one round slows its neighbours.
  const ratioTo = (other: Contender): number =>
    rounded(medianOf(samples.ours.map((ours, round) => ours / (samples[other][round] ?? Number.NaN))));
  return {
    oursMicroseconds: rounded(medianOf(samples.ours)),
    bareMicroseconds: rounded(medianOf(samples.bare)),
    rawMicroseconds: rounded(medianOf(samples.raw)),
    ratioToBare: ratioTo('bare'),
    ratioToRaw: ratioTo('raw'),
  };
};

const RIGS: Readonly<Record<Placement, () => Promise<Rig>>> = {
  memory: memoryRig,
  thread: threadRig,
  process: processRig,
};

const report: Record<string, unknown> = { benchmark: 'channel', node: process.version, rounds: ROUNDS };
for (const placement of ['memory', 'thread', 'process'] as const) {
  const rig = await RIGS[placement]();
  const calls = CALLS[placement];
  report[placement] = {
    sequential: await compare(rig, 'sequential', calls),
    pipelined: await compare(rig, 'pipelined', calls),
  };
  rig.end();
}
process.stdout.write(`${JSON.stringify(report)}\n`);
