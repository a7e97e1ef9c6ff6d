import { type ServedChannel, serveChannel, type Transport } from '@bowline/channel';
import { BowlineError, defineChannel, event, request } from '@bowline/contracts';

/** The channel {@link channelConformance} speaks: one request for each promise a transport has to keep. */
export const conformanceChannel = defineChannel({
  name: 'conformance',
  version: 3,
  requests: {
    /** Answers what it was given. */
    echo: request<unknown, unknown>(),
    /** Rejects with a Bowline error two causes deep. */
    failKnown: request<Record<string, never>, void>(),
    /** Rejects with an error that is none of ours. */
    failUnknown: request<Record<string, never>, void>(),
    /** Answers never; tells `hang.aborted` with the code of the signal's reason when it is aborted. */
    hang: request<Record<string, never>, void>(60_000),
    /** Tells `counted` for 1 to `count`, then answers. */
    count: request<{ readonly count: number }, void>(),
    /** Answers the inputs of all `note` requests so far, in the order they came. */
    note: request<{ readonly number: number }, void>(),
    notes: request<Record<string, never>, { readonly numbers: readonly number[] }>(),
    /** Answers with a function, which no wire carries. */
    answerFunction: request<Record<string, never>, unknown>(),
    /** Answers bytes and ends the channel in the same breath. */
    lastWords: request<{ readonly sizeBytes: number }, Uint8Array>(),
  },
  events: {
    counted: event<{ readonly number: number }>(),
    'hang.began': event<Record<string, never>>(),
    'hang.aborted': event<{ readonly code: string }>(),
  },
});

export type ConformanceChannel = typeof conformanceChannel;

/** The greeting that makes the serving side refuse, to prove that a refusal keeps its error. */
export const REFUSED_GREETING = Object.freeze({ refuse: true });

/** Serves {@link conformanceChannel}; what the far end of a transport under test runs, wherever it is. */
export const serveConformanceChannel = (transport: Transport): ServedChannel<ConformanceChannel> => {
  const numbers: number[] = [];
  const channel: ServedChannel<ConformanceChannel> = serveChannel(conformanceChannel, transport, {
    handlers: async (greeting) => {
      if (typeof greeting === 'object' && greeting !== null && 'refuse' in greeting) throw refusal();
      return {
        echo: async (input) => input,
        failKnown: async () => {
          throw knownFailure();
        },
        failUnknown: () => {
          throw new TypeError('nobody expected this');
        },
        hang: (_input, { signal }) => {
          channel.emit('hang.began', {});
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              channel.emit('hang.aborted', { code: String(signal.reason.code) });
              reject(signal.reason);
            });
          });
        },
        count: ({ count }) => {
          for (let number = 1; number <= count; number += 1) channel.emit('counted', { number });
        },
        note: ({ number }) => {
          numbers.push(number);
        },
        notes: () => ({ numbers }),
        answerFunction: () => () => undefined,
        lastWords: ({ sizeBytes }) => {
          queueMicrotask(() => channel.close('it said its last words'));
          return new Uint8Array(sizeBytes).fill(7);
        },
      };
    },
    onConnection: (connection) => connection.pipe(connection),
  });
  return channel;
};

const refusal = (): BowlineError => new BowlineError({ code: 'CONFORMANCE_REFUSED', message: 'Not this greeting.' });

const knownFailure = (): BowlineError =>
  new BowlineError({
    code: 'CONFORMANCE_FAILED',
    message: 'It failed, as it was asked to.',
    retryable: true,
    stage: 'handshake',
    data: { attempts: 3, path: ['relay', 'direct'] },
    cause: new BowlineError({
      code: 'CONFORMANCE_INNER',
      message: 'The inner one.',
      cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    }),
  });
