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
  type Logger,
} from '@bowline/contracts';
import { pause, untilAborted } from './deadline.ts';
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

/** A worker that is launched, connected and prepared. */
interface RunningWorker<C extends ChannelDefinition> {
  readonly worker: LaunchedWorker;
  readonly channel: ConnectedChannel<C>;
}

/** Long because one life has one order: launch, connect, prepare, watch, take down, pause, and again. */
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
  #channel: ConnectedChannel<C> | undefined;
  /** Aborted by `stop`; one for each life between `start` and `stop`. */
  #life = new AbortController();
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    placement: WorkerPlacement<C, Options>,
    components: SuperviseComponents,
    options: SupervisorOptions,
    launch: () => LaunchedWorker,
  ) {
    this.#placement = placement;
    this.#components = components;
    this.#options = options;
    this.#launch = launch;
    this.#logger = components.logger.child({ component: 'supervisor', worker: placement.definition.name });
    this.#listeners = eventListeners(this.#logger);
    this.#state = workerState(placement.definition.name, placement.kind, this.#logger);
    this.client = {
      request: (name, input, requestOptions) =>
        this.#channel?.request(name, input, requestOptions) ??
        Promise.reject(new WorkerDownError(placement.definition.name, this.#state.current.state)),
      on: (event, listener) => this.#listeners.on(event, listener),
    };
  }

  async passConnection(connection: Socket): Promise<boolean> {
    return (await this.#channel?.passConnection(connection)) ?? false;
  }

  start(): Promise<void> {
    if (this.#stopping !== undefined) return this.#stopping.then(() => this.start());
    this.#starting ??= this.#begin();
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#finish().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  async #finish(): Promise<void> {
    const { state } = this.#state.current;
    if (state === 'stopped' || state === 'idle') {
      this.#state.update({ state: 'stopped' });
      return;
    }
    this.#state.update({ state: 'stopping' });
    this.#life.abort(new WorkerDownError(this.#placement.definition.name, 'stopping'));
    await this.#starting?.catch(() => undefined);
    await this.#running;
    this.#starting = undefined;
    this.#state.update({ state: 'stopped' });
  }

  status(): WorkerStatus {
    return this.#state.current;
  }

  onStateChanged(listener: (status: WorkerStatus) => void): Cancel {
    return this.#state.onChanged(listener);
  }

  onReady(prepare: () => Promise<void> | void): Cancel {
    const entry = { prepare };
    this.#preparations.add(entry);
    return () => {
      this.#preparations.delete(entry);
    };
  }

  async #begin(): Promise<void> {
    this.#life = new AbortController();
    this.#state.update({ restarts: 0, failure: null });
    try {
      this.#running = this.#keepRunning(await this.#bringUp());
    } catch (error) {
      this.#starting = undefined;
      this.#moveTo('crashed');
      throw error;
    }
  }

  /** Launches, connects and prepares. When any of it fails, what was launched is ended before the error is thrown. */
  async #bringUp(): Promise<RunningWorker<C>> {
    this.#moveTo('starting');
    const { signal } = this.#life;
    const worker = this.#launch();
    this.#state.update({ pid: worker.pid });
    let channel: ConnectedChannel<C> | undefined;
    try {
      channel = await this.#connect(worker, signal);
      this.#channel = channel;
      await untilAborted(Promise.race([this.#prepare(), rejectionAfter(channel.closed)]), signal);
      this.#moveTo('started');
      return { worker, channel };
    } catch (error) {
      await this.#takeDown(worker, channel);
      throw error;
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

  async #takeDown(worker: LaunchedWorker, channel: ConnectedChannel<C> | undefined): Promise<void> {
    this.#channel = undefined;
    channel?.close('the supervisor stops the worker');
    await endWorker(worker, this.#components.clock, this.#logger, this.#options);
    this.#state.update({ pid: null });
  }

  /** Runs from the first readiness to the end of `stop`. */
  async #keepRunning(first: RunningWorker<C>): Promise<void> {
    const { clock } = this.#components;
    const { signal } = this.#life;
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    let running: RunningWorker<C> | undefined = first;
    let failures = 0;
    while (running !== undefined) {
      const startedMs = clock.monotonicMs();
      const { worker, channel } = running;
      const watch = this.#watch(channel);
      const end = await Promise.race([channel.closed, watch.hung, stopped]);
      watch.cancel();
      this.#channel = undefined;
      if (end !== undefined) this.#reportCrash(end);
      // Nothing that it is asked reaches it.
      if (end instanceof WorkerHungError) worker.kill();
      await this.#takeDown(worker, channel);
      if (clock.monotonicMs() - startedMs >= this.#options.healthyAfterMs) failures = 0;
      running = undefined;
      while (running === undefined && !signal.aborted) {
        running = await this.#restart(failures, signal);
        failures += 1;
      }
    }
  }

  /** An inline worker shares this thread: where it hangs, nobody is left to notice. */
  #watch(channel: ConnectedChannel<C>): {
    readonly hung: Promise<WorkerHungError | undefined>;
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

  /** @returns `undefined` when it came to nothing, or was no longer wanted. */
  async #restart(failures: number, signal: AbortSignal): Promise<RunningWorker<C> | undefined> {
    const { clock, random } = this.#components;
    await pause(clock, restartDelayMs(failures, random.ratio(), this.#options), signal);
    if (signal.aborted) return undefined;
    this.#state.update({ restarts: this.#state.current.restarts + 1 });
    try {
      return await this.#bringUp();
    } catch (error) {
      this.#reportCrash(error);
      return undefined;
    }
  }

  #reportCrash(error: unknown): void {
    if (this.#life.signal.aborted) return;
    this.#logger.warn({ reason: errorMessage(error), restarts: this.#state.current.restarts }, 'worker crashed');
    const failure = { code: errorCode(error) ?? INTERNAL_CODE, reason: errorMessage(error) };
    this.#state.update({ state: 'crashed', failure });
  }

  /** A launch under way when `stop` is called still passes through its states; nobody is told. */
  #moveTo(state: 'starting' | 'started' | 'crashed'): void {
    if (!this.#life.signal.aborted) this.#state.update({ state });
  }
}

const rejectionAfter = async (closed: Promise<Error>): Promise<never> => {
  throw await closed;
};
