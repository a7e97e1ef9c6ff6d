import { errorMessage } from '@bowline/contracts';
import { cleanReason } from './connection-close.ts';
import type { DialFailure } from './errors.ts';

/** The key of whoever answered is not the one that was dialled. */
export const DIFFERENT_ENDPOINT_ANSWERED: DialFailure = Object.freeze({
  reason: 'a different endpoint answered at one of the known addresses',
  stage: 'handshake',
  retryable: true,
});

/** iroh's words for failures of a connect, and what they mean to a caller. */
const KNOWN_FAILURES: readonly (readonly [RegExp, DialFailure])[] = [
  [
    /support any known protocol|no_?application_?protocol/i,
    { reason: 'the other endpoint does not speak this protocol', stage: 'handshake', retryable: false },
  ],
  [
    /refused to accept a new connection/i,
    { reason: 'the other endpoint takes no more connections for now', stage: 'handshake', retryable: true },
  ],
  [/invalid peer certificate/i, DIFFERENT_ENDPOINT_ANSWERED],
  [/connecting to ourself/i, { reason: 'an endpoint cannot dial itself', stage: 'dial', retryable: false }],
  [
    /no addressing information/i,
    { reason: 'no address was given for the other endpoint and none is remembered', stage: 'dial', retryable: false },
  ],
  [/aborted by peer/i, { reason: 'the other endpoint broke off the handshake', stage: 'handshake', retryable: true }],
  [
    /^closed by peer/i,
    { reason: 'the other endpoint closed during the handshake', stage: 'handshake', retryable: true },
  ],
  [/^(?:endpoint )?closed$/i, { reason: 'this endpoint was closed meanwhile', stage: 'dial', retryable: true }],
];

/** Reads an error of iroh's connect; `null` means that its own time limit has passed. */
export const dialFailureOf = (error: unknown): DialFailure | null => {
  const text = cleanNativeText(errorMessage(error));
  for (const [pattern, failure] of KNOWN_FAILURES) if (pattern.test(text)) return failure;
  if (/timed out/i.test(text)) return null;
  return { reason: `iroh reports "${text}"`, stage: 'dial', retryable: true };
};

/**
 * One line of readable text from an error of the binding. When a stack trace slipped in, it is left out together with
 * the build paths after each cause and the names of Rust's error types.
 */
export const cleanNativeText = (message: string): string => {
  const [text = ''] = message.split(/^stack backtrace:/im);
  const lines = text
    .split('\n')
    .map((line) =>
      line
        .replace(/\(\S*\.rs:\d+:\d+\)\s*$/, '')
        .replace(/^\s*(?:\d+: )?/, '')
        .trim(),
    )
    .filter((line) => line !== '' && !/^caused by:$/i.test(line));
  const readable = lines.filter((line) => !/^\w+(?:::\w+)+$/.test(line));
  return cleanReason((readable.length > 0 ? readable : lines).join(': '));
};
