import {
  type Actor,
  type ActorComponents,
  BowlineError,
  type Cancel,
  type ChannelClient,
  type ChannelDefinition,
  type LifecycleState,
  type RequestContext,
} from '@bowline/contracts';
import type { SupervisedWorker, WorkerStatus } from '@bowline/supervisor';
import type { ScopedClock } from './virtual-time.ts';

/** A worker in virtual time, which can be killed as a process can. */
export interface SimulatedWorker<C extends ChannelDefinition> extends SupervisedWorker<C> {
  /** It dies with no word, and is started again after a while. */
  crash(): void;
  /** The host is dead: nothing is answered or told any more, and nothing is started again. */
  abandon(): void;
}

export interface SimulatedWorkerComponents<C extends ChannelDefinition>
  extends Pick<ActorComponents<C>, 'random' | 'logger'> {
  readonly name: string;
  readonly clock: ScopedClock;
  readonly channel: C;
  readonly create: (components: ActorComponents<C>) => MortalActor<C>;
}

/** An actor of which something is outside, which ends when it is killed. */
export interface MortalActor<C extends ChannelDefinition> extends Actor<C> {
  readonly kill?: () => void;
}

/** One life of the actor. */
interface Life<C extends ChannelDefinition> {
  readonly actor: MortalActor<C>;
  readonly clock: ScopedClock;
  /** Rejects what is being answered. */
  readonly open: Set<(error: Error) => void>;
}

/** From a crash to the next start, milliseconds: what a supervised process takes. */
const RESTART_MS = { least: 150, most: 600 } as const;

/** The signal of a request that nobody cancels is made when it is looked at: frames are many, and never look. */
class Context implements RequestContext {
  #controller: AbortController | null = null;
  #given: AbortSignal | undefined;

  constructor(given: AbortSignal | undefined) {
    this.#given = given;
  }

  get signal(): AbortSignal {
    if (this.#given !== undefined) return this.#given;
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }
}

/**
 * Runs an actor as the supervisor does, without processes and without messages: a request is answered in a later microtask, and
 * what is told is told at once. No two lives share a timer: what a dead one has set never goes off.
 */
export const simulatedWorker = <C extends ChannelDefinition>(
  components: SimulatedWorkerComponents<C>,
): SimulatedWorker<C> => {
  const { name, channel, random } = components;
  const listeners = new Map<string, ((payload: unknown) => void)[]>();
  const stateListeners = new Set<(status: WorkerStatus) => void>();
  const preparations = new Set<() => Promise<void> | void>();
  let status: WorkerStatus = { name, pid: null, placement: 'inline', state: 'idle', restarts: 0, failure: null };
  let life: Life<C> | null = null;
  let isAbandoned = false;
  let cancelRestart: Cancel = () => undefined;

  const become = (state: LifecycleState): void => {
    status = { ...status, state };
    for (const listener of [...stateListeners]) listener(status);
  };

  const newLife = (): Life<C> => {
    const clock = components.clock.scope();
    const begun: Life<C> = {
      clock,
      open: new Set(),
      actor: components.create({
        ...components,
        clock,
        emit: (event, payload) => {
          if (life !== begun) return;
          for (const listener of listeners.get(event) ?? []) listener(payload);
        },
      }),
    };
    return begun;
  };

  const launch = async (): Promise<void> => {
    const begun = newLife();
    life = begun;
    await begun.actor.start();
    for (const prepare of [...preparations]) {
      await prepare();
      if (life !== begun) return;
    }
    become('started');
  };

  const relaunch = (): void => {
    status = { ...status, restarts: status.restarts + 1 };
    become('starting');
    launch().catch(() => {
      if (!isAbandoned && status.state === 'starting') fall();
    });
  };

  const end = (): void => {
    const ended = life;
    life = null;
    ended?.clock.end();
    ended?.actor.kill?.();
    for (const reject of ended?.open ?? []) reject(closed(name));
  };

  const fall = (): void => {
    end();
    become('crashed');
    const { least, most } = RESTART_MS;
    cancelRestart = components.clock.setTimer(least + random.ratio() * (most - least), relaunch);
  };

  /** Waits for an answer that is not there yet. */
  const answered = (
    { open, clock }: Life<C>,
    answer: Promise<unknown>,
    deadlineMs: number,
    given: AbortSignal | undefined,
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        open.delete(fail);
        cancelDeadline();
        given?.removeEventListener('abort', onAbort);
        finish();
      };
      const fail = (error: Error): void => settle(() => reject(error));
      const onAbort = (): void => fail(new BowlineError({ code: 'CHANNEL_CANCELLED', message: 'Cancelled.' }));
      const cancelDeadline = clock.setTimer(deadlineMs, () => fail(late(name)));
      open.add(fail);
      given?.addEventListener('abort', onAbort, { once: true });
      answer.then((value) => settle(() => resolve(value)), fail);
    });

  const client: ChannelClient<C> = {
    request: async (request, input, options) => {
      // No channel answers within the caller's own turn.
      await null;
      if (isAbandoned) return new Promise(() => undefined);
      if (life === null) throw down(name, status.state);
      const handler = life.actor.handlers[request] as (input: unknown, context: RequestContext) => unknown;
      const answer = handler(input, new Context(options?.signal));
      if (!(answer instanceof Promise)) return answer as never;
      const deadlineMs = options?.deadlineMs ?? channel.requests[request]?.deadlineMs ?? 0;
      return (await answered(life, answer, deadlineMs, options?.signal)) as never;
    },
    on: (event, listener) => {
      const entry = (payload: unknown): void => listener(payload as never);
      listeners.set(event, [...(listeners.get(event) ?? []), entry]);
      return () => {
        const rest = (listeners.get(event) ?? []).filter((each) => each !== entry);
        listeners.set(event, rest);
      };
    },
  };

  return {
    client,
    passConnection: async () => false,
    start: async () => {
      if (life !== null) return;
      become('starting');
      await launch();
    },
    stop: async () => {
      cancelRestart();
      const stopping = life;
      become('stopping');
      await stopping?.actor.stop();
      if (life === stopping) end();
      become('stopped');
    },
    status: () => status,
    onStateChanged: (listener) => {
      stateListeners.add(listener);
      return () => {
        stateListeners.delete(listener);
      };
    },
    onTransition: () => () => undefined,
    machineSession: () => ({ machine: 'worker', session: name, state: status.state }),
    onReady: (prepare) => {
      preparations.add(prepare);
      return () => {
        preparations.delete(prepare);
      };
    },
    crash: () => {
      if (life !== null && status.state === 'started') fall();
    },
    abandon: () => {
      isAbandoned = true;
      cancelRestart();
      const ended = life;
      life = null;
      ended?.clock.end();
      ended?.actor.kill?.();
    },
  };
};

const closed = (worker: string): BowlineError =>
  new BowlineError({ code: 'CHANNEL_CLOSED', message: `The worker ${worker} ended.`, retryable: true });

const down = (worker: string, state: LifecycleState): BowlineError =>
  new BowlineError({ code: 'WORKER_DOWN', message: `The worker ${worker} is ${state}.`, retryable: true });

const late = (worker: string): BowlineError =>
  new BowlineError({
    code: 'CHANNEL_DEADLINE',
    message: `The worker ${worker} did not answer in time.`,
    retryable: true,
  });
