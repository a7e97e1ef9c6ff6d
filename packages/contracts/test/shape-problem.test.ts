import { describe, expect, it } from 'vitest';
import { type Shape, shapeProblemOf, shapeText } from '../src/shapes/index.ts';

const NAMED: Readonly<Record<string, Shape>> = {
  Tree: { fields: { name: 'text', 'branches?': { listOf: { ref: 'Tree' } } } },
  Told: {
    oneOf: [
      { fields: { kind: { is: 'up' }, atMs: 'number' } },
      { fields: { kind: { is: 'down' }, reason: { oneOf: ['null', 'text'] } } },
    ],
  },
};

const problem = (shape: Shape, value: unknown) => shapeProblemOf(shape, value, NAMED);

describe('what is wrong with a value', () => {
  it.each<[Shape, unknown]>([
    ['text', ''],
    ['number', 0],
    ['flag', false],
    ['bytes', new Uint8Array()],
    ['null', null],
    ['nothing', undefined],
    ['anything', { any: 1 }],
    [{ text: 'DeviceId' }, 'd-1'],
    [{ is: 3 }, 3],
    [{ listOf: 'number' }, [1, 2]],
    [{ mapOf: 'number' }, { a: 1 }],
    [{ oneOf: ['null', 'text'] }, null],
    [{ ref: 'Tree' }, { name: 'a', branches: [{ name: 'b' }, { name: 'c', branches: [] }] }],
    [{ ref: 'Told' }, { kind: 'down', reason: null }],
  ])('is nothing when %j is asked for and %j given', (shape, value) => {
    expect(problem(shape, value)).toBeNull();
  });

  it.each<readonly [shape: Shape, value: unknown, field: string, rule: string]>([
    ['text', 1, 'input', 'must be string'],
    ['nothing', null, 'input', 'must be nothing'],
    [{ is: 'a' }, 'b', 'input', "must be 'a'"],
    [{ listOf: 'number' }, [1, '2'], 'input[1]', 'must be number'],
    [{ listOf: 'number' }, {}, 'input', 'must be number[]'],
    [{ mapOf: 'number' }, { a: 1, b: null }, 'input.b', 'must be number'],
    [{ oneOf: ['null', 'text'] }, 1, 'input', 'must be null | string'],
    [{ ref: 'Tree' }, { name: 'a', branches: [{}] }, 'input.branches[0].name', 'must be string'],
    [{ ref: 'Tree' }, new Uint8Array(), 'input', 'must be { name: string; branches?: Tree[] }'],
    [{ ref: 'Told' }, { kind: 'down' }, 'input.reason', 'must be null | string'],
    [{ ref: 'Told' }, { kind: 'sideways' }, 'input', expect.stringContaining("kind: 'up'")],
    [{ fields: {} }, { a: 1 }, 'input.a', 'must not be there; it has none'],
    [{ fields: Object.fromEntries([['constructor', 'text' as const]]) }, {}, 'input.constructor', 'must be string'],
  ])('is said when %j is asked for and %j given', (shape, value, field, rule) => {
    expect(problem(shape, value)).toMatchObject({ field, rule });
  });

  it('never says what the value is', () => {
    expect(JSON.stringify(problem('number', 'twelve secret words'))).not.toContain('secret');
  });
});

describe('a shape as text', () => {
  it.each<readonly [Shape, string]>([
    [{ listOf: { oneOf: ['text', 'null'] } }, '(string | null)[]'],
    [{ mapOf: 'bytes' }, '{ [name]: bytes }'],
    [{ fields: { 'a?': { is: true } } }, '{ a?: true }'],
  ])('%j is %s', (shape, text) => {
    expect(shapeText(shape)).toBe(text);
  });
});
