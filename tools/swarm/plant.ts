import type { ActorComponents, ChannelDefinition } from '@bowline/contracts';
import type { MortalActor } from './simulated-worker.ts';

/** How a worker is made. */
export type CreateWorker = (components: ActorComponents<ChannelDefinition>) => MortalActor<ChannelDefinition>;

/** A bug that is planted from outside: what a worker is asked, answers or tells is changed on its way. */
export interface Plant {
  readonly name: string;
  /** What would be wrong in the product. */
  readonly about: string;
  /** The worker as the plant has it; the same one where the plant leaves it alone. */
  graft(worker: string, create: CreateWorker): CreateWorker;
}

/** Answers one request in place of the worker, which can still be asked. */
type Answer = (ask: (input: never) => unknown, input: never, components: ActorComponents<ChannelDefinition>) => unknown;

/** Tells one event in place of the worker. */
type Tell = (tell: (payload: object) => void, payload: never, components: ActorComponents<ChannelDefinition>) => void;

/** What a plant changes, by `worker.request` and `worker.event`. */
export interface Grafts {
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly tells?: Readonly<Record<string, Tell>>;
}

/** A plant that changes some requests and events, and lets all others pass. */
export const plantOf = (name: string, about: string, { answers = {}, tells = {} }: Grafts): Plant => {
  const isTouched = (worker: string): boolean =>
    [...Object.keys(answers), ...Object.keys(tells)].some((key) => key.startsWith(`${worker}.`));

  const graft = (worker: string, create: CreateWorker): CreateWorker => {
    if (!isTouched(worker)) return create;
    return (components) => {
      const emit: typeof components.emit = (event, payload) => {
        const tell = tells[`${worker}.${event}`];
        const pass = (told: object): void => components.emit(event, told as never);
        if (tell === undefined) pass(payload as object);
        else tell(pass, payload as never, components);
      };
      const actor = create({ ...components, emit });
      const handlers = Object.entries(actor.handlers).map(([request, handler]) => {
        const answer = answers[`${worker}.${request}`];
        if (answer === undefined) return [request, handler] as const;
        const planted: typeof handler = (input, context) =>
          answer((asked) => handler(asked, context), input as never, components) as never;
        return [request, planted] as const;
      });
      return { ...actor, handlers: Object.fromEntries(handlers) };
    };
  };
  return { name, about, graft };
};
