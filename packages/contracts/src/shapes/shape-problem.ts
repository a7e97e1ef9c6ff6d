import type { Shape } from './shape.ts';
import { shapeText } from './shape-text.ts';

/** The first thing that is wrong with a value. It never holds the value. */
export interface ShapeProblem {
  /** Where, e.g. `peers[0].deviceId`. */
  readonly field: string;
  /** What it must be, e.g. `must be a string`. */
  readonly rule: string;
  /** What it is instead, e.g. `missing`. */
  readonly received: string;
}

/**
 * What is wrong with a value, or `null`. Looks at what is there and of which kind, not at what a text says. Fields that the
 * shape does not have are a problem, too: a name that is misspelt would be missed otherwise.
 */
export const shapeProblemOf = (
  shape: Shape,
  value: unknown,
  named: Readonly<Record<string, Shape>>,
  field = 'input',
): ShapeProblem | null => {
  const wrong = (): ShapeProblem => ({ field, rule: `must be ${shapeText(shape)}`, received: kindOf(value) });
  if (typeof shape === 'string') return isOfKind(shape, value) ? null : wrong();
  if ('text' in shape) return typeof value === 'string' ? null : wrong();
  if ('is' in shape) return value === shape.is ? null : wrong();
  if ('ref' in shape) {
    const target = named[shape.ref];
    return target === undefined ? null : shapeProblemOf(target, value, named, field);
  }
  if ('listOf' in shape) {
    if (!Array.isArray(value)) return wrong();
    return firstOf(value.map((each, index) => () => shapeProblemOf(shape.listOf, each, named, `${field}[${index}]`)));
  }
  if ('oneOf' in shape)
    return problemOfAny(shape.oneOf, value, named, field) === null
      ? null
      : unionProblem(shape.oneOf, value, named, field, wrong());
  if (!isPlainObject(value)) return wrong();
  if ('mapOf' in shape) {
    return firstOf(
      Object.entries(value).map(
        ([name, each]) =>
          () =>
            shapeProblemOf(shape.mapOf, each, named, `${field}.${name}`),
      ),
    );
  }
  return fieldsProblemOf(shape.fields, value, named, field);
};

const fieldsProblemOf = (
  fields: Readonly<Record<string, Shape>>,
  value: Readonly<Record<string, unknown>>,
  named: Readonly<Record<string, Shape>>,
  field: string,
): ShapeProblem | null => {
  const shapes = new Map(
    Object.entries(fields).map(([name, shape]) => [name.replace(/\?$/, ''), { shape, isOptional: name.endsWith('?') }]),
  );
  for (const [name, { shape, isOptional }] of shapes) {
    const each = Object.hasOwn(value, name) ? value[name] : undefined;
    if (each === undefined && (isOptional || shape === 'nothing')) continue;
    const problem = shapeProblemOf(shape, each, named, `${field}.${name}`);
    if (problem !== null) return problem;
  }
  const extra = Object.keys(value).find((name) => !shapes.has(name));
  if (extra === undefined) return null;
  const has = shapes.size === 0 ? 'it has none' : `it has ${[...shapes.keys()].join(', ')}`;
  return {
    field: `${field}.${extra.slice(0, MAX_NAME_CHARACTERS)}`,
    rule: `must not be there; ${has}`,
    received: kindOf(value[extra]),
  };
};

const problemOfAny = (
  shapes: readonly Shape[],
  value: unknown,
  named: Readonly<Record<string, Shape>>,
  field: string,
): ShapeProblem | null => {
  let last: ShapeProblem | null = null;
  for (const shape of shapes) {
    last = shapeProblemOf(shape, value, named, field);
    if (last === null) return null;
  }
  return last;
};

/** Where a value fits none, what is wrong with it for the one alternative whose constants it has, else that it fits none. */
const unionProblem = (
  shapes: readonly Shape[],
  value: unknown,
  named: Readonly<Record<string, Shape>>,
  field: string,
  fitsNone: ShapeProblem,
): ShapeProblem => {
  const meant = shapes
    .map((shape) => resolve(shape, named))
    .filter(
      (shape) =>
        isPlainObject(value) && typeof shape === 'object' && 'fields' in shape && hasConstants(shape.fields, value),
    );
  const [only] = meant;
  if (meant.length !== 1 || only === undefined) return fitsNone;
  return shapeProblemOf(only, value, named, field) ?? fitsNone;
};

const hasConstants = (fields: Readonly<Record<string, Shape>>, value: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(fields).every(
    ([name, shape]) => typeof shape === 'string' || !('is' in shape) || value[name] === shape.is,
  );

const resolve = (shape: Shape, named: Readonly<Record<string, Shape>>): Shape => {
  const target = typeof shape === 'object' && 'ref' in shape ? named[shape.ref] : undefined;
  return target === undefined ? shape : resolve(target, named);
};

/** Longest name that is repeated, characters. */
const MAX_NAME_CHARACTERS = 80;

const firstOf = (looks: readonly (() => ShapeProblem | null)[]): ShapeProblem | null => {
  for (const look of looks) {
    const problem = look();
    if (problem !== null) return problem;
  }
  return null;
};

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

const isOfKind = (shape: Extract<Shape, string>, value: unknown): boolean => {
  switch (shape) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'flag':
      return typeof value === 'boolean';
    case 'bytes':
      return value instanceof Uint8Array;
    case 'null':
      return value === null;
    case 'nothing':
      return value === undefined;
    case 'anything':
      return true;
  }
};

const kindOf = (value: unknown): string => {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Uint8Array) return 'bytes';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
};
