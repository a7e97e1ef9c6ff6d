import {
  BowlineError,
  type DeviceId,
  type HeldBackReason,
  type HostEvent,
  type PairingAttempt,
  type PairingCircumstance,
} from '@bowline/contracts';

/** How a device ended to be paired. */
export interface DeviceRemoval {
  readonly by: 'us' | 'peer';
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number;
}

/** No paired, or no blocked, device fits what was asked for. */
export class DeviceNotFoundError extends BowlineError {
  override readonly name = 'DeviceNotFoundError';

  /** @param removal of a device that fits and is not paired any more */
  constructor(
    query: string,
    knownNames: readonly string[],
    kind: 'paired' | 'blocked' = 'paired',
    removal: DeviceRemoval | null = null,
  ) {
    const none = kind === 'paired' ? 'no device is paired yet' : 'no device is blocked';
    const known = knownNames.length === 0 ? none : `${kind} devices: ${knownNames.join(', ')}`;
    super({
      code: 'DEVICE_NOT_FOUND',
      message:
        removal === null
          ? `No ${kind} device is called "${query}"; ${known}.`
          : `"${query}" is not paired any more: ${removalPhrase(removal)}. Pair the two anew to use it.`,
      data: removal === null ? { query } : { query, removedBy: removal.by, removedAtMs: removal.atMs },
    });
  }
}

const removalPhrase = ({ by, atMs }: DeviceRemoval): string => {
  const at = new Date(atMs).toISOString();
  const who = by === 'peer' ? 'it unpaired this device' : 'it was unpaired here';
  return `${who} on ${at.slice(0, 10)} at ${at.slice(11, 16)} UTC`;
};

/** Several peer devices fit what was asked for. */
export class DeviceAmbiguousError extends BowlineError {
  override readonly name = 'DeviceAmbiguousError';

  constructor(query: string, matches: readonly { readonly id: DeviceId; readonly name: string }[]) {
    const listed = matches.map(({ id, name }) => `${id} called "${name}"`).join(', ');
    super({
      code: 'DEVICE_AMBIGUOUS',
      message: `"${query}" fits ${matches.length} devices (${listed}); use more of the id.`,
      data: { query, matches: matches.map(({ id }) => id) },
    });
  }
}

/** A pairing session ended without a pairing; `code` says how, `attempts` why each source led nowhere. */
export class PairingFailedError extends BowlineError {
  override readonly name = 'PairingFailedError';
  readonly attempts: readonly PairingAttempt[];
  /** What the code leaves open, for an app that words it itself. */
  readonly circumstance: PairingCircumstance | null;

  constructor({ code, reason, attempts, circumstance }: Extract<HostEvent, { event: 'pairing.failed' }>) {
    super({ code, message: reason, data: { attempts, circumstance } });
    this.attempts = attempts;
    this.circumstance = circumstance;
  }
}

/** What kept a message from its device, and what to do about it. */
const UNDELIVERED: Readonly<Record<HeldBackReason | 'away', string>> = {
  away: 'it is away, or has acknowledged nothing. Send it again when the device is back, or send it kept',
  inboxFull:
    'it holds as many messages of this device as it may, and nobody takes them there. Have them taken on that device',
  storeFull: "the other device's disk is full. Free some space on that device",
};

/** A message was not stored by its device in time. `data.reason` says why; one that was on its way may still arrive. */
export class MessageNotDeliveredError extends BowlineError {
  override readonly name = 'MessageNotDeliveredError';

  constructor(deviceId: DeviceId, deadlineMs: number, reason: HeldBackReason | 'away', cause: unknown) {
    super({
      code: 'MESSAGE_NOT_DELIVERED',
      message: `The message to device ${deviceId} was not delivered in ${Math.round(deadlineMs / 1_000)} s: ${UNDELIVERED[reason]}.`,
      retryable: true,
      data: { deviceId, deadlineMs, reason },
      cause,
    });
  }
}

/** As many messages wait for a device as may; nothing was dropped. */
export class SendsWaitingError extends BowlineError {
  override readonly name = 'SendsWaitingError';

  constructor(deviceId: DeviceId, waiting: { readonly count: number; readonly sizeBytes: number }) {
    super({
      code: 'MESSAGE_QUEUE_FULL',
      message: `${waiting.count} messages (${waiting.sizeBytes} bytes) wait for device ${deviceId} already, as many as may; await some of them first.`,
      retryable: true,
      data: { deviceId, ...waiting },
    });
  }
}

/** A kept message was for a device that is paired no more. */
export class MessageDroppedError extends BowlineError {
  override readonly name = 'MessageDroppedError';

  constructor(deviceId: DeviceId) {
    super({
      code: 'DEVICE_REMOVED',
      message: `Device ${deviceId} was unpaired, so the messages kept for it are dropped; pair with it again to reach it.`,
      data: { deviceId },
    });
  }
}

/** Messages have one taker, so that each is taken once. */
export class MessageHandlerPresentError extends BowlineError {
  override readonly name = 'MessageHandlerPresentError';

  constructor() {
    super({
      code: 'MESSAGE_HANDLER_PRESENT',
      message: 'A handler takes the messages already; end that one first, or listen to the event message.received.',
    });
  }
}

/**
 * The caller's own signal ended what it asked for. Named as everywhere on the web and in Node, so that one test fits all;
 * `cause` is the signal's reason.
 */
export class AbortError extends BowlineError {
  override readonly name = 'AbortError';

  constructor(signal: AbortSignal) {
    super({ code: 'ABORT_ERR', message: 'The operation was aborted by its caller.', cause: signal.reason });
  }
}

/** The host is not running, or stops right now. */
export class HostNotRunningError extends BowlineError {
  override readonly name = 'HostNotRunningError';

  constructor() {
    super({ code: 'HOST_NOT_RUNNING', message: 'The host is not running; call start() and await it first.' });
  }
}
