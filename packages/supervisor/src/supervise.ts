import type { Socket } from 'node:net';
import {
  type ConnectedChannel,
  connectChannel,
  type EventListeners,
  eventListeners,
  INTERNAL_CODE,
} from '@bowline/channel';
import {
  type Cancel,
  type ChannelClient,
  type ChannelDefinition,
  errorCode,
  errorMessage,
  InvalidOptionError,
  type LifecycleState,
  type Logger,
  type MachineSession,
  type MachineTransition,
  type WorkerFailure,
} from '@bowline/contracts';
import { type MachineWatch, machineClock, machineWatch, statePath } from '@bowline/machines';
import { type Actor, createActor, fromPromise, type SnapshotFrom } from 'xstate';
import { untilAborted } from './deadline.ts';
import { endWorker } from './end-worker.ts';
import { WorkerDownError, WorkerHungError, WorkerNotStartedError } from './errors.ts';
import { hangWatch } from './hang-watch.ts';
import { launchInline } from './launch-inline.ts';
import { launchProcess } from './launch-process.ts';
import { launchThread } from './launch-thread.ts';
import type { LaunchedWorker } from './launched-worker.ts';
import { resolveSupervisorOptions, type SupervisorOptions } from './options.ts';
import { restartDelayMs } from './restart-delay.ts';
import type { SupervisedWorker } from './supervised-worker.ts';
import { type WorkerDeath, workerMachine } from './worker-machine.ts';
import type { SuperviseComponents, WorkerPlacement } from './worker-placement.ts';
import { type WorkerState, type WorkerStatus, workerState } from './worker-state.ts';

/**
 * Supervises one worker; nothing is launched before `start`.
 *
 * @throws InvalidOptionError when an option breaks its rule, or a thread or process has no entry.
 */
export const supervise = <C extends ChannelDefinition, Options>(
  placement: WorkerPlacement<C, Options>,
  components: SuperviseComponents,
  options: Partial<SupervisorOptions> = {},
): SupervisedWorker<C> => superviseLaunches(placement, components, options, launcherOf(placement, components));

/** The same for launches of any making: what a test counts and kills. */
export const superviseLaunches = <C extends ChannelDefinition, Options>(
  placement: WorkerPlacement<C, Options>,
  components: SuperviseComponents,
  options: Partial<SupervisorOptions>,
  launch: () => LaunchedWorker,
): SupervisedWorker<C> => new Supervision(placement, components, resolveSupervisorOptions(options), launch);

const launcherOf = <C extends ChannelDefinition, Options>(
  placement: WorkerPlacement<C, Options>,
  components: SuperviseComponents,
): (() => LaunchedWorker) => {
  const { kind, entry } = placement;
  const { name } = placement.definition;
  if (kind === 'inline') return () => launchInline(placement, components);
  if (entry === undefined) throw new InvalidOptionError('entry', `must be given for a ${kind}`, entry);
  return kind === 'thread' ? () => launchThread(entry, name) : () => launchProcess(entry, name, components.clock);
};

/** What was launched, whatever became of it. */
interface Launch<C extends ChannelDefinition> {
  readonly worker: LaunchedWorker;
  channel: ConnectedChannel<C> | undefined;
  /** Resolves when nothing is left of it; asked for once. */
  takenDown: Promise<void> | undefined;
}

/** Long because it is the list of what the machine of a worker has done: launch, connect, prepare, watch and take down. */
class Supervision<C extends ChannelDefinition, Options> implements SupervisedWorker<C> {
  readonly client: ChannelClient<C>;
  readonly #placement: WorkerPlacement<C, Options>;
  readonly #components: SuperviseComponents;
  readonly #options: SupervisorOptions;
  readonly #launch: () => LaunchedWorker;
  readonly #logger: Logger;
  readonly #listeners: EventListeners<C>;
  readonly #state: WorkerState;
  readonly #preparations = new Set<{ readonly prepare: () => Promise<void> | void }>();
  readonly #transitionListeners = new Set<{ readonly tell: (transition: MachineTransition) => void }>();
  readonly #watch: MachineWatch;
  readonly #life: Actor<typeof workerMachine>;
  #channel: ConnectedChannel<C> | undefined;
  #launched: Launch<C> | undefined;
  /** The launch under way, or the last one; never rejects. */
  #launching: Promise<unknown> = Promise.resolve();
  #launchError: unknown;
  #starting: PromiseWithResolvers<void> | undefined;
  #stopping: PromiseWithResolvers<void> | undefined;

  constructor(
    placement: WorkerPlacement<C, Options>,
    components: SuperviseComponents,
    options: SupervisorOptions,
    launch: () => LaunchedWorker,
  ) {
    const { name } = placement.definition;
    this.#placement = placement;
    this.#components = components;
    this.#options = options;
    this.#launch = launch;
    this.#logger = components.logger.child({ component: 'supervisor', worker: name });
    this.#listeners = eventListeners(this.#logger);
    this.#state = workerState(name, placement.kind, this.#logger);
    this.client = {
      request: (request, input, requestOptions) =>
        this.#channel?.request(request, input, requestOptions) ??
        Promise.reject(new WorkerDownError(name, this.#state.current.state)),
      on: (event, listener) => this.#listeners.on(event, listener),
    };
    const { clock } = components;
    this.#watch = machineWatch({
      clock,
      tell: (transition) => {
        for (const { tell } of [...this.#transitionListeners]) tell(transition);
      },
    });
    this.#life = createActor(this.#machine(), { clock: machineClock(clock) });
    this.#life.subscribe((snapshot) => this.#noteState(snapshot));
    this.#watch.add(name, this.#life);
    this.#life.start();
  }

  async passConnection(connection: Socket): Promise<boolean> {
    return (await this.#channel?.passConnection(connection)) ?? false;
  }

  start(): Promise<void> {
    if (this.#stopping !== undefined) return this.#stopping.promise.then(() => this.start());
    if (this.#starting === undefined) {
      const starting = Promise.withResolvers<void>();
      this.#starting = starting;
      this.#life.send({ type: 'worker.start' });
      return starting.promise;
    }
    return this.#starting.promise;
  }

  stop(): Promise<void> {
    if (this.#state.current.state === 'stopped') return Promise.resolve();
    if (this.#stopping === undefined) {
      const stopping = Promise.withResolvers<void>();
      this.#stopping = stopping;
      this.#life.send({ type: 'worker.stop' });
      return stopping.promise;
    }
    return this.#stopping.promise;
  }

  status(): WorkerStatus {
    return this.#state.current;
  }

  onStateChanged(listener: (status: WorkerStatus) => void): Cancel {
    return this.#state.onChanged(listener);
  }

  onTransition(listener: (transition: MachineTransition) => void): Cancel {
    const entry = { tell: listener };
    this.#transitionListeners.add(entry);
    this.#watch.setWatched(true);
    return () => {
      this.#transitionListeners.delete(entry);
      this.#watch.setWatched(this.#transitionListeners.size > 0);
    };
  }

  machineSession(): MachineSession {
    const { name } = this.#placement.definition;
    return { machine: 'worker', session: name, state: statePath(this.#life.getSnapshot().value) };
  }

  onReady(prepare: () => Promise<void> | void): Cancel {
    const entry = { prepare };
    this.#preparations.add(entry);
    return () => {
      this.#preparations.delete(entry);
    };
  }

  #machine(): typeof workerMachine {
    const { random } = this.#components;
    return workerMachine.provide({
      actors: {
        launching: fromPromise(({ signal }) => this.#bringUp(signal)),
        watching: fromPromise(({ signal }) => this.#untilDeath(signal)),
        ending: fromPromise(() => this.#takeDownLaunched()),
      },
      actions: {
        reportCrash: ({ context: { failure, restarts } }) =>
          this.#logger.warn({ reason: failure?.reason ?? '', restarts }, 'worker crashed'),
      },
      delays: {
        restartPause: ({ context }) => restartDelayMs(context.failures, random.ratio(), this.#options),
      },
    });
  }

  /** Tells what the machine has come to, and who waits for it. */
  #noteState(snapshot: SnapshotFrom<typeof workerMachine>): void {
    const { restarts, failure } = snapshot.context;
    const state = statePath(snapshot.value).split('.', 1)[0] as LifecycleState;
    this.#state.update({ restarts, failure, state });
    if (state === 'started') this.#starting?.resolve();
    if (snapshot.matches({ crashed: 'givenUp' })) this.#failStart(this.#launchError);
    if (state === 'stopped') {
      this.#failStart(this.#launchError);
      this.#stopping?.resolve();
      this.#stopping = undefined;
    }
  }

  /** Whoever starts it hears why it does not run; where it did run, the promise is resolved already. */
  #failStart(error: unknown): void {
    this.#starting?.reject(error);
    this.#starting = undefined;
  }

  /** Launches, connects and prepares. @returns `null`, or why it came to nothing once nothing is left of it */
  #bringUp(signal: AbortSignal): Promise<WorkerFailure | null> {
    const launching = this.#bringUpOnce(signal);
    this.#launching = launching;
    return launching;
  }

  async #bringUpOnce(signal: AbortSignal): Promise<WorkerFailure | null> {
    let launched: Launch<C> | undefined;
    try {
      launched = { worker: this.#launch(), channel: undefined, takenDown: undefined };
      this.#launched = launched;
      this.#state.update({ pid: launched.worker.pid });
      const channel = await this.#connect(launched.worker, signal);
      launched.channel = channel;
      this.#channel = channel;
      await untilAborted(Promise.race([this.#prepare(), rejectionAfter(channel.closed)]), signal);
      return null;
    } catch (error) {
      const isGivenUp = signal.aborted && errorCode(error) === undefined;
      this.#launchError = isGivenUp ? new WorkerDownError(this.#placement.definition.name, 'stopping') : error;
      // The system itself may refuse a thread or a process.
      if (launched !== undefined) await this.#takeDown(launched);
      return failureOf(error);
    }
  }

  async #connect(worker: LaunchedWorker, signal: AbortSignal): Promise<ConnectedChannel<C>> {
    const { definition, options, kind, entry } = this.#placement;
    const { logLevel, stopDeadlineMs, startDeadlineMs } = this.#options;
    try {
      return await connectChannel(definition.channel, worker.transport, {
        clock: this.#components.clock,
        logger: this.#logger,
        listeners: this.#listeners,
        greeting: { options, logLevel, stopDeadlineMs },
        handshakeDeadlineMs: startDeadlineMs,
        signal,
      });
    } catch (error) {
      // A worker that can speak refuses with its own error; one that is just gone never ran, or died of it.
      if (kind === 'inline' || errorCode(error) !== 'CHANNEL_CLOSED') throw error;
      throw new WorkerNotStartedError(definition.name, entry?.href ?? '', error);
    }
  }

  async #prepare(): Promise<void> {
    for (const { prepare } of [...this.#preparations]) await prepare();
  }

  /** Ends whatever was launched last, and waits for a launch that is given up to end by itself. */
  async #takeDownLaunched(): Promise<void> {
    if (this.#launched !== undefined) await this.#takeDown(this.#launched);
    await this.#launching;
  }

  #takeDown(launched: Launch<C>): Promise<void> {
    launched.takenDown ??= this.#takeDownOnce(launched);
    return launched.takenDown;
  }

  async #takeDownOnce({ worker, channel }: Launch<C>): Promise<void> {
    this.#channel = undefined;
    channel?.close('the supervisor stops the worker');
    await endWorker(worker, this.#components.clock, this.#logger, this.#options);
    this.#state.update({ pid: null });
  }

  /** Watches what was launched until it dies or hangs, or nobody cares any more. */
  async #untilDeath(signal: AbortSignal): Promise<WorkerDeath> {
    const { clock } = this.#components;
    const startedMs = clock.monotonicMs();
    const { worker, channel } = this.#launched as Launch<C>;
    const watch = this.#watchForHang(channel as ConnectedChannel<C>);
    signal.addEventListener('abort', watch.cancel, { once: true });
    const end = await Promise.race([(channel as ConnectedChannel<C>).closed, watch.hung]);
    watch.cancel();
    this.#channel = undefined;
    // Nothing that it is asked reaches it.
    if (end instanceof WorkerHungError) worker.kill();
    return { failure: failureOf(end), wasHealthy: clock.monotonicMs() - startedMs >= this.#options.healthyAfterMs };
  }

  /** An inline worker shares this thread: where it hangs, nobody is left to notice. */
  #watchForHang(channel: ConnectedChannel<C>): {
    readonly hung: Promise<WorkerHungError>;
    readonly cancel: Cancel;
  } {
    const { definition, kind } = this.#placement;
    const { pingIntervalMs, maxSilentPings } = this.#options;
    if (kind === 'inline') return { hung: new Promise(() => undefined), cancel: () => undefined };
    const { clock } = this.#components;
    const watch = hangWatch({ clock, ping: () => channel.ping(), pingIntervalMs, maxSilentPings });
    const hung = watch.hung.then(() => new WorkerHungError(definition.name, pingIntervalMs * maxSilentPings));
    return { hung, cancel: watch.cancel };
  }
}

const failureOf = (error: unknown): WorkerFailure => ({
  code: errorCode(error) ?? INTERNAL_CODE,
  reason: errorMessage(error),
});

const rejectionAfter = async (closed: Promise<Error>): Promise<never> => {
  throw await closed;
};
