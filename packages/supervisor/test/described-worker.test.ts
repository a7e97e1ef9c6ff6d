import {
  addressObservationChannel,
  type ChannelDefinition,
  defineChannel,
  event,
  request,
  type WorkerDefinition,
} from '@bowline/contracts';
import { CHANNEL_SHAPES, type ChannelShapes } from '@bowline/contracts/shapes';
import { fakeClock, memoryLogger, seededRandom } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { describedWorker } from '../src/child/described-worker.ts';

const echoChannel = defineChannel({
  name: 'echo',
  version: 7,
  requests: { repeat: request<{ readonly text: string }, string>(), rest: request<Record<string, never>, void>() },
  events: { 'text.repeated': event<{ readonly text: string }>() },
});

const SHAPES: ChannelShapes = {
  channels: {
    echo: {
      requests: {
        repeat: { input: { fields: { text: 'text', voice: { ref: 'Voice' } } }, output: 'text' },
        rest: { input: { fields: {} }, output: 'nothing' },
      },
      events: { 'text.repeated': { fields: { text: 'text' } } },
    },
  },
  named: { Voice: { fields: { pitch: 'number' } } },
};

const asked: unknown[] = [];
const echo: WorkerDefinition<typeof echoChannel> = {
  name: 'echo',
  channel: echoChannel,
  create: () => ({
    start: async () => undefined,
    stop: async () => undefined,
    handlers: {
      repeat: (input) => {
        asked.push(input);
        return input.text;
      },
      rest: () => undefined,
    },
  }),
};

const handlersOf = (definition: WorkerDefinition<ChannelDefinition>) => {
  const components = { clock: fakeClock(), random: seededRandom(), logger: memoryLogger(), emit: () => undefined };
  return definition.create({}, components).handlers as unknown as Readonly<Record<string, (input: unknown) => unknown>>;
};

const ask = (verb: string, input: unknown): unknown => handlersOf(describedWorker(echo, SHAPES))[verb]?.(input);

describe('a worker that somebody runs alone', () => {
  it('says what it can be asked, what it tells, and what their shapes are', () => {
    expect(ask('describe', {})).toEqual({
      channel: 'echo',
      version: 7,
      requests: {
        describe: { input: '{}', output: 'this' },
        repeat: { input: '{ text: string; voice: Voice }', output: 'string' },
        rest: { input: '{}', output: 'nothing' },
      },
      events: { 'text.repeated': '{ text: string }' },
      shapes: { Voice: '{ pitch: number }' },
    });
  });

  it('hands a right input on, and takes none for an empty one', () => {
    const input = { text: 'hello', voice: { pitch: 1 } };
    expect(ask('repeat', input)).toBe('hello');
    expect(asked).toEqual([input]);
    expect(ask('rest', undefined)).toBeUndefined();
  });

  it.each([
    [{ text: 'x' }, 'input.voice', /must be \{ pitch: number \}; received: missing/],
    [{ text: 'x', voice: { pitch: 'high' } }, 'input.voice.pitch', /must be number; received: a string/],
    [{ text: 1, voice: { pitch: 1 } }, 'input.text', /must be string; received: a number/],
    [{ text: 'x', voice: { pitch: 1 }, txet: 1 }, 'input.txet', /must not be there; it has text, voice/],
    ['x', 'input', /must be \{ text: string; voice: Voice \}; received: a string/],
  ])('says which field of %j is wrong', (input, field, message) => {
    const code = 'REQUEST_INPUT_INVALID';
    expect(() => ask('repeat', input)).toThrow(
      expect.objectContaining({ code, data: expect.objectContaining({ field }) }),
    );
    expect(() => ask('repeat', input)).toThrow(message);
  });

  it('has shapes for every request and event of a real channel', () => {
    const shape = CHANNEL_SHAPES.channels[addressObservationChannel.name];
    expect(Object.keys(shape?.requests ?? {})).toEqual(Object.keys(addressObservationChannel.requests));
    expect(Object.keys(shape?.events ?? {})).toEqual(Object.keys(addressObservationChannel.events));
  });
});
