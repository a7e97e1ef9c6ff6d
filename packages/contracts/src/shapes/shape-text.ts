import { assertNever } from '../assert-never.ts';
import type { Shape } from './shape.ts';

/** A shape as one line that reads like a type. */
export const shapeText = (shape: Shape): string => {
  if (typeof shape === 'string') return WORDS[shape];
  if ('text' in shape) return shape.text;
  if ('is' in shape) return typeof shape.is === 'string' ? `'${shape.is}'` : String(shape.is);
  if ('ref' in shape) return shape.ref;
  if ('listOf' in shape) {
    const entry = shapeText(shape.listOf);
    return typeof shape.listOf !== 'string' && 'oneOf' in shape.listOf ? `(${entry})[]` : `${entry}[]`;
  }
  if ('mapOf' in shape) return `{ [name]: ${shapeText(shape.mapOf)} }`;
  if ('oneOf' in shape) return shape.oneOf.map(shapeText).join(' | ');
  if ('fields' in shape) {
    const fields = Object.entries(shape.fields).map(([name, field]) => `${name}: ${shapeText(field)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join('; ')} }`;
  }
  return assertNever(shape);
};

const WORDS: Readonly<Record<Extract<Shape, string>, string>> = {
  text: 'string',
  number: 'number',
  flag: 'boolean',
  bytes: 'bytes',
  null: 'null',
  nothing: 'nothing',
  anything: 'anything',
};

/** The names of all shapes that a shape refers to, itself and through others. */
export const namesIn = (shape: Shape, named: Readonly<Record<string, Shape>>): ReadonlySet<string> => {
  const found = new Set<string>();
  const look = (each: Shape): void => {
    if (typeof each === 'string' || 'text' in each || 'is' in each) return;
    if ('ref' in each) {
      if (found.has(each.ref)) return;
      found.add(each.ref);
      const target = named[each.ref];
      if (target !== undefined) look(target);
    } else if ('listOf' in each) look(each.listOf);
    else if ('mapOf' in each) look(each.mapOf);
    else if ('oneOf' in each) each.oneOf.forEach(look);
    else Object.values(each.fields).forEach(look);
  };
  look(shape);
  return found;
};
