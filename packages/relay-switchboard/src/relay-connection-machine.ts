import type { RelayDownReason } from '@bowline/contracts';
import { setup } from 'xstate';

const MINUTE_MS = 60_000;

/** A login that was lost sooner was a short one, milliseconds. */
const SETTLED_AFTER_MS = 5_000;

/**
 * Short logins within a minute whose loss is answered as quickly as that of any other: a relay that was restarted,
 * and restarted again, is none that throws its clients out.
 */
const SHORT_LOGINS_ANSWERED = 12;
/** One more than are answered is all that has to be known. */
const SHORT_LOGINS_REMEMBERED = SHORT_LOGINS_ANSWERED + 1;

/**
 * Displacements within a minute that are answered by logging in again at once: one is usual when the
 * endpoint itself is logged in at the same relay, more mean that somebody else claims the same key just as stubbornly.
 */
const DISPLACEMENTS_ANSWERED = 3;
/** One more than are answered is all that has to be known. */
const DISPLACEMENTS_REMEMBERED = DISPLACEMENTS_ANSWERED + 1;

/** Reasons that are the relay's own: it is there, and does not want this login now. */
const REBUFFS: ReadonlySet<RelayDownReason> = new Set(['auth', 'version', 'protocol', 'tls', 'notConfigured']);

/** Plain data; times are monotonic milliseconds. */
export interface RelayConnectionContext {
  readonly downReason: RelayDownReason | null;
  /** Since when it is connected without a break; `null` while it is not. */
  readonly connectedSinceMs: number | null;
  /** Since when it is down; `null` while it is not, before the first attempt ended, and once it was asked to try now. */
  readonly downSinceMs: number | null;
  /** Attempts that failed in a row. */
  readonly failures: number;
  /** How often the relay has refused a token: the next one has its turn. */
  readonly refusals: number;
  /** Whether the relay itself answered the last attempt, and would not have us. */
  readonly isRebuffed: boolean;
  /** What the relay asked for when it announced its restart, milliseconds. */
  readonly comeBackInMs: number | null;
  readonly displacedAtMs: readonly number[];
  /** When the last short logins were lost. */
  readonly shortAtMs: readonly number[];
  /** Displaced by another login of its own key, and on its way back at once: the relay works. */
  readonly isReturning: boolean;
}

/** How one login ended. */
export interface SessionEnd {
  readonly reason: RelayDownReason;
  readonly detail: string;
  /** Whether anything answered at the relay's address. */
  readonly wasReached: boolean;
  readonly atMs: number;
}

export type RelayConnectionEvent =
  | { readonly type: 'login.confirmed'; readonly atMs: number }
  | ({ readonly type: 'session.ended' } & SessionEnd)
  | { readonly type: 'answer.overdue' }
  | { readonly type: 'answer.came' }
  | { readonly type: 'restart.announced'; readonly reconnectInMs: number }
  | { readonly type: 'check.asked' }
  | { readonly type: 'tokens.replaced' }
  | { readonly type: 'relay.left' };

const machineSetup = setup({
  types: { context: {} as RelayConnectionContext, events: {} as RelayConnectionEvent },
  actions: {
    /** Begins a login, in place of one that is under way. */
    logIn: () => undefined,
    /** Datagrams go out from now on; what was held goes first. */
    open: () => undefined,
    /** No datagram goes out any more. */
    shut: () => undefined,
    /** Writes down how the login ended. */
    noteEnd: () => undefined,
    /** Sends what may be lost over other relays. */
    rescue: () => undefined,
    /** Asks the relay for a sign of life now. */
    ping: () => undefined,
    /** Says that somebody else has the same key. */
    warnOfClone: () => undefined,
    /** Ends the login under way for good. */
    leave: () => undefined,
  },
  delays: { retryPause: () => 0, contestedPause: () => 0 },
  guards: {
    isAttemptOld: () => false,
    isDisplacedOften: ({ context, event }) =>
      event.type === 'session.ended' && downReasonOf(context, event) === 'contested',
    isDisplaced: ({ event }) => event.type === 'session.ended' && event.reason === 'displaced',
  },
});

/** Those of these times, monotonic milliseconds, that are not a minute old. */
const ofLastMinute = (times: readonly number[], nowMs: number): readonly number[] =>
  times.filter((atMs) => nowMs - atMs < MINUTE_MS);

/** Displaced so often of late that whoever did it will do it again, the key is contested. */
export const downReasonOf = (
  context: Pick<RelayConnectionContext, 'displacedAtMs'>,
  { reason, atMs }: Pick<SessionEnd, 'reason' | 'atMs'>,
): RelayDownReason =>
  reason === 'displaced' && ofLastMinute(context.displacedAtMs, atMs).length >= DISPLACEMENTS_ANSWERED
    ? 'contested'
    : reason;

const rememberLogin = machineSetup.assign(({ event }) => ({
  downReason: null,
  downSinceMs: null,
  comeBackInMs: null,
  isReturning: false,
  connectedSinceMs: event.type === 'login.confirmed' ? event.atMs : null,
}));

const rememberEnd = machineSetup.assign(({ context, event }) => {
  if (event.type !== 'session.ended') return {};
  const { reason, wasReached, atMs } = event;
  const { connectedSinceMs } = context;
  const lastedMs = connectedSinceMs === null ? 0 : atMs - connectedSinceMs;
  const isShort = connectedSinceMs !== null && lastedMs < SETTLED_AFTER_MS;
  const shortAtMs = isShort
    ? [...ofLastMinute(context.shortAtMs, atMs), atMs].slice(-SHORT_LOGINS_REMEMBERED)
    : context.shortAtMs;
  const isThrownOut = isShort && shortAtMs.length > SHORT_LOGINS_ANSWERED;
  const isDumb = reason === 'timeout' && wasReached && connectedSinceMs === null;
  const displacedAtMs =
    reason === 'displaced'
      ? [...ofLastMinute(context.displacedAtMs, atMs), atMs].slice(-DISPLACEMENTS_REMEMBERED)
      : context.displacedAtMs;
  const downReason = downReasonOf(context, event);
  return {
    downReason,
    connectedSinceMs: null,
    downSinceMs: context.downSinceMs ?? atMs,
    failures: connectedSinceMs === null ? context.failures + 1 : isShort ? shortAtMs.length : 1,
    refusals: reason === 'auth' ? context.refusals + 1 : context.refusals,
    isRebuffed: REBUFFS.has(reason) || isDumb || isThrownOut,
    displacedAtMs,
    shortAtMs,
    isReturning: downReason === 'displaced',
  };
});

/** The network or the person gives it another chance: what failed before counts no more. */
const forgive = machineSetup.assign({ failures: 0, downSinceMs: null });
const tryTokensAnew = machineSetup.assign({ refusals: 0 });
const rememberPause = machineSetup.assign({
  comeBackInMs: ({ event }) => (event.type === 'restart.announced' ? event.reconnectInMs : null),
});
const forgetPause = machineSetup.assign({ comeBackInMs: null });

const ended = [
  {
    guard: 'isDisplacedOften',
    target: '#relay-connection.down.yielding',
    actions: ['noteEnd', rememberEnd, 'shut', 'rescue', 'warnOfClone'],
  },
  {
    guard: 'isDisplaced',
    target: '#relay-connection.down.returning',
    actions: ['noteEnd', rememberEnd, 'shut', 'rescue'],
  },
  { target: '#relay-connection.down.pausing', actions: ['noteEnd', rememberEnd, 'shut', 'rescue'] },
] as const;

/** A login begun before the network changed may wait for an answer that cannot come any more. */
const checkedWhileTrying = [{ guard: 'isAttemptOld', actions: [forgive, 'logIn'] }, { actions: forgive }] as const;

/**
 * One identity's presence at one relay: it logs in, stays, and comes back after every loss until it is left. `connecting`
 * is the first login alone; later ones belong to `down`, because the relay is down until they succeed.
 */
export const relayConnectionMachine = machineSetup.createMachine({
  id: 'relay-connection',
  context: {
    downReason: null,
    connectedSinceMs: null,
    downSinceMs: null,
    failures: 0,
    refusals: 0,
    isRebuffed: false,
    comeBackInMs: null,
    displacedAtMs: [],
    shortAtMs: [],
    isReturning: false,
  },
  initial: 'connecting',
  on: { 'relay.left': { target: '.left', actions: 'leave' } },
  states: {
    connecting: {
      entry: 'logIn',
      on: {
        'login.confirmed': { target: 'connected', actions: rememberLogin },
        'session.ended': ended,
        'check.asked': checkedWhileTrying,
        'tokens.replaced': [
          { guard: 'isAttemptOld', actions: [tryTokensAnew, forgive, 'logIn'] },
          { actions: [tryTokensAnew, forgive] },
        ],
      },
    },
    connected: {
      entry: 'open',
      initial: 'usable',
      on: {
        'session.ended': ended,
        'restart.announced': { actions: rememberPause },
        'check.asked': { actions: [forgive, 'ping'] },
        'tokens.replaced': { actions: tryTokensAnew },
      },
      states: {
        usable: { on: { 'answer.overdue': { target: 'inDoubt', actions: 'rescue' } } },
        inDoubt: { on: { 'answer.came': 'usable' } },
      },
    },
    down: {
      initial: 'pausing',
      on: {
        'check.asked': { target: '.retrying', actions: forgive },
        'tokens.replaced': { target: '.retrying', actions: [tryTokensAnew, forgive] },
      },
      states: {
        pausing: { exit: forgetPause, after: { retryPause: 'retrying' } },
        returning: { exit: forgetPause, after: { 0: 'retrying' } },
        yielding: { exit: forgetPause, after: { contestedPause: 'retrying' } },
        retrying: {
          entry: 'logIn',
          on: {
            'login.confirmed': { target: '#relay-connection.connected', actions: rememberLogin },
            'session.ended': ended,
            'check.asked': checkedWhileTrying,
            'tokens.replaced': [
              { guard: 'isAttemptOld', actions: [tryTokensAnew, forgive, 'logIn'] },
              { actions: [tryTokensAnew, forgive] },
            ],
          },
        },
      },
    },
    left: { type: 'final' },
  },
});
