import type { LogFields } from '@bowline/contracts';
import { REDACTED, redactText } from './redact-text.ts';
import { isSecretName } from './secret-names.ts';

/** Deepest level of fields written; deeper ones are named, not shown. */
const MAX_DEPTH = 8;

/** Entries of one array or object written. */
const MAX_ENTRIES = 100;

/** A pairing code has twelve words, its entropy sixteen bytes: shorter lists cannot be one. */
const MIN_CODE_WORDS = 12;
const MIN_SECRET_BYTES = 16;

/**
 * Copies the fields of a log line without the secrets in them: by the name of the field, by the shape of the text,
 * and by type, for bytes are never shown. The copy is plain JSON, bounded in depth, width and length.
 */
export const redactFields = (fields: LogFields): Record<string, unknown> => redactEntries(Object.entries(fields), 0);

const redactEntries = (entries: readonly (readonly [string, unknown])[], depth: number): Record<string, unknown> => {
  const kept = entries
    .slice(0, MAX_ENTRIES)
    .map(([name, value]) => [redactText(name), redactNamed(name, value, depth)] as const);
  if (entries.length > MAX_ENTRIES) kept.push(['...', `${entries.length - MAX_ENTRIES} more`]);
  return Object.fromEntries(kept);
};

const redactNamed = (name: string, value: unknown, depth: number): unknown => {
  const canHoldSecret = typeof value === 'string' || typeof value === 'bigint' || typeof value === 'object';
  return canHoldSecret && value !== null && !isBytes(value) && isSecretName(name)
    ? REDACTED
    : redactValue(value, depth);
};

const redactValue = (value: unknown, depth: number): unknown => {
  switch (typeof value) {
    case 'string':
      return redactText(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
    case 'object':
      return value === null ? null : redactObject(value, depth);
    default:
      return value;
  }
};

const redactObject = (value: object, depth: number): unknown => {
  if (isBytes(value)) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return '[too deep]';
  try {
    if (value instanceof Error) return redactError(value, depth);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
    if (value instanceof URL) return redactText(value.href);
    if (value instanceof Map)
      return redactEntries(
        [...value].map(([key, item]) => [String(key), item]),
        depth + 1,
      );
    if (value instanceof Set || Array.isArray(value)) return redactList([...value], depth);
    return redactEntries(Object.entries(value), depth + 1);
  } catch {
    // A getter or a proxy of somebody else's may throw; a log line must not fail because of it.
    return '[unreadable]';
  }
};

const redactList = (items: readonly unknown[], depth: number): unknown => {
  if (items.length >= MIN_SECRET_BYTES && items.every(isByte)) return `[${items.length} bytes]`;
  if (items.length >= MIN_CODE_WORDS && items.every(isCodeWord)) return REDACTED;
  const kept = items.slice(0, MAX_ENTRIES).map((item) => redactValue(item, depth + 1));
  return items.length > MAX_ENTRIES ? [...kept, `${items.length - MAX_ENTRIES} more`] : kept;
};

/** Name, code and stage first: what a reader looks for. Whatever else an error carries comes after, the causes included. */
const redactError = (error: Error, depth: number): Record<string, unknown> => {
  const { name, message, stack, cause, ...own } = {
    ...error,
    name: error.name,
    message: error.message,
    stack: error.stack,
    cause: error.cause,
  };
  return {
    name: redactText(name),
    message: redactText(message),
    ...redactEntries(
      Object.entries(own).filter(([, value]) => value !== undefined),
      depth + 1,
    ),
    ...(cause === undefined ? {} : { cause: redactValue(cause, depth + 1) }),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
  };
};

const isBytes = (value: unknown): value is ArrayBuffer | ArrayBufferView =>
  ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;

const isByte = (item: unknown): boolean =>
  typeof item === 'number' && Number.isInteger(item) && item >= 0 && item <= 255;

const isCodeWord = (item: unknown): boolean => typeof item === 'string' && /^[a-z]{3,8}$/i.test(item.trim());
