import {
  type Actor,
  type ActorComponents,
  type ChannelDefinition,
  type ChannelHandlers,
  request,
  type WorkerDefinition,
} from '@bowline/contracts';
import { type ChannelShapes, namesIn, type Shape, shapeProblemOf, shapeText } from '@bowline/contracts/shapes';
import { RequestInputError } from '../errors.ts';

/** What a worker that is run alone says of itself. Shapes read like types. */
export interface WorkerDescription {
  readonly channel: string;
  readonly version: number;
  readonly requests: Readonly<Record<string, { readonly input: string; readonly output: string }>>;
  readonly events: Readonly<Record<string, string>>;
  /** What the names in the others stand for. */
  readonly shapes: Readonly<Record<string, string>>;
}

type Handler = (input: unknown, context: unknown) => unknown;

/**
 * A worker for somebody who types what it is asked: it answers `describe` as well, and says which field of an input is missing
 * or wrong. What comes from our own processes is of the right type already, and is not looked at.
 */
export const describedWorker = <C extends ChannelDefinition, Options>(
  definition: WorkerDefinition<C, Options>,
  shapes: ChannelShapes,
): WorkerDefinition<ChannelDefinition, Options> => {
  const { channel } = definition;
  const described: ChannelDefinition = {
    ...channel,
    requests: { describe: request<Record<string, never>, WorkerDescription>(), ...channel.requests },
  };
  return {
    name: definition.name,
    channel: described,
    create: (options, components) => {
      const actor = definition.create(options, components as unknown as ActorComponents<C>);
      const handlers = checkedHandlers(channel, actor.handlers, shapes);
      const describe: Handler = () => describeChannel(channel, shapes);
      return {
        start: () => actor.start(),
        stop: () => actor.stop(),
        handlers: { describe, ...handlers } as ChannelHandlers<ChannelDefinition>,
      } satisfies Actor<ChannelDefinition>;
    },
  };
};

const checkedHandlers = <C extends ChannelDefinition>(
  channel: C,
  handlers: ChannelHandlers<C>,
  { channels, named }: ChannelShapes,
): Readonly<Record<string, Handler>> =>
  Object.fromEntries(
    Object.entries(handlers as unknown as Readonly<Record<string, Handler>>).map(([verb, handler]) => {
      const shape = channels[channel.name]?.requests[verb]?.input;
      const checked: Handler = (input, context) => {
        const given = input ?? {};
        const problem = shape === undefined ? null : shapeProblemOf(shape, given, named);
        if (problem !== null) throw new RequestInputError(channel.name, verb, problem);
        return handler.call(handlers, given, context);
      };
      return [verb, checked];
    }),
  );

const describeChannel = (
  { name, version }: ChannelDefinition,
  { channels, named }: ChannelShapes,
): WorkerDescription => {
  const { requests, events } = channels[name] ?? { requests: {}, events: {} };
  const all: readonly Shape[] = [
    ...Object.values(requests).flatMap(({ input, output }) => [input, output]),
    ...Object.values(events),
  ];
  const names = new Set(all.flatMap((shape) => [...namesIn(shape, named)]));
  return {
    channel: name,
    version,
    requests: {
      describe: { input: '{}', output: 'this' },
      ...mapValues(requests, ({ input, output }) => ({ input: shapeText(input), output: shapeText(output) })),
    },
    events: mapValues(events, shapeText),
    shapes: Object.fromEntries(
      [...names]
        .toSorted((one, other) => (one < other ? -1 : 1))
        .map((each) => [each, shapeText(named[each] ?? 'anything')]),
    ),
  };
};

const mapValues = <T, U>(of: Readonly<Record<string, T>>, map: (value: T) => U): Readonly<Record<string, U>> =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, map(value)]));
