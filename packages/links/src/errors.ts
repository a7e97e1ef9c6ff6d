import { BowlineError, type CloseName, type ConnectionStage, type DeviceId } from '@bowline/contracts';

/** Nobody answered, or the connection broke before the link was up. The scheduler tries again. */
export class LinkUnreachableError extends BowlineError {
  override readonly name = 'LinkUnreachableError';

  constructor(deviceId: DeviceId, stage: ConnectionStage, reason: string, cause?: unknown) {
    super({
      code: 'LINK_UNREACHABLE',
      message: `Device ${deviceId} could not be reached: ${reason}. It may be off or on another network; try again later.`,
      retryable: true,
      stage,
      data: { deviceId, reason },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** What to do next, for the refusals a person can do something about. */
const REFUSAL_ADVICE: Partial<Record<CloseName, string>> = {
  'not-paired': 'It does not know this device; if that stays so, pair the two again.',
  unpaired: 'It has removed this device; pair the two again.',
  stale: 'One of the two runs from an older copy of its data; use the newer copy, or pair the two again.',
  cloned: 'The identity of one of the two runs twice; end one of the copies.',
  'version-unsupported': 'The two run different versions of Bowline; update the older one.',
  shutdown: 'It is shutting down; try again when it is back.',
  busy: 'It has too much to do right now; try again later.',
};

/** Refusals that pass by themselves. */
const PASSING: ReadonlySet<CloseName> = new Set<CloseName>([
  'shutdown',
  'busy',
  'timed-out',
  'not-responding',
  'cancelled',
]);

/** The other side, or the greeting it sent, was a clear no. `data.name` is the close name. */
export class LinkRefusedError extends BowlineError {
  override readonly name = 'LinkRefusedError';

  constructor(deviceId: DeviceId, name: CloseName) {
    super({
      code: 'LINK_REFUSED',
      message: `Device ${deviceId} and this one do not link: ${name}. ${REFUSAL_ADVICE[name] ?? 'Try again later.'}`,
      retryable: PASSING.has(name),
      stage: 'handshake',
      data: { deviceId, name },
    });
  }
}

/** The dial was given up by whoever asked for it. */
export class LinkCancelledError extends BowlineError {
  override readonly name = 'LinkCancelledError';

  constructor(deviceId: DeviceId) {
    super({
      code: 'LINK_CANCELLED',
      message: `Connecting to device ${deviceId} was cancelled; ask again if it is still wanted.`,
      retryable: true,
      data: { deviceId },
    });
  }
}

/** The device was never added, or has been removed. */
export class DeviceUnknownError extends BowlineError {
  override readonly name = 'DeviceUnknownError';

  constructor(deviceId: DeviceId) {
    super({
      code: 'DEVICE_UNKNOWN',
      message: `Device ${deviceId} is not among the paired devices; pair with it first.`,
      data: { deviceId },
    });
  }
}

/** The device was removed while something waited for it. */
export class DeviceRemovedError extends BowlineError {
  override readonly name = 'DeviceRemovedError';

  constructor(deviceId: DeviceId) {
    super({
      code: 'DEVICE_REMOVED',
      message: `Device ${deviceId} was removed, so what waited for it is dropped; pair with it again to reach it.`,
      data: { deviceId },
    });
  }
}

/** A message has more bytes than one may have. */
export class MessageTooLargeError extends BowlineError {
  override readonly name = 'MessageTooLargeError';

  constructor(sizeBytes: number, maxBytes: number) {
    super({
      code: 'MESSAGE_TOO_LARGE',
      message: `The message has ${sizeBytes} bytes, and ${maxBytes} is the most; send it in pieces.`,
      data: { sizeBytes, maxBytes },
    });
  }
}

/** The other device runs an earlier release, which takes a little less than this one. */
export class MessageTooLargeThereError extends BowlineError {
  override readonly name = 'MessageTooLargeThereError';

  constructor(deviceId: DeviceId, sizeBytes: number, maxBytes: number) {
    super({
      code: 'MESSAGE_TOO_LARGE',
      message: `The message has ${sizeBytes} bytes with the byte of its kind, and device ${deviceId} runs an earlier release of Bowline, which takes ${maxBytes} at most. Send it in pieces, or update Bowline there.`,
      data: { deviceId, sizeBytes, maxBytes },
    });
  }
}

/** As much waits for the device as may wait. */
export class MessageQueueFullError extends BowlineError {
  override readonly name = 'MessageQueueFullError';

  constructor(deviceId: DeviceId, waiting: { readonly count: number; readonly sizeBytes: number }) {
    super({
      code: 'MESSAGE_QUEUE_FULL',
      message: `${waiting.count} messages (${waiting.sizeBytes} bytes) wait for device ${deviceId} already, as much as may wait; send again when it has taken some.`,
      retryable: true,
      data: { deviceId, ...waiting },
    });
  }
}

/** Nobody waits for the acknowledgement any more. `data.isTakenBack` says whether the message may still arrive. */
export class MessageWaitEndedError extends BowlineError {
  override readonly name = 'MessageWaitEndedError';

  constructor(deviceId: DeviceId, isTakenBack: boolean) {
    const fate = isTakenBack ? 'it was never sent and is taken back' : 'it was sent already and may still arrive';
    super({
      code: 'MESSAGE_WAIT_ENDED',
      message: `Waiting for device ${deviceId} to confirm a message ended: ${fate}.`,
      retryable: isTakenBack,
      data: { deviceId, isTakenBack },
    });
  }
}

/** There is no link to do it on. */
export class LinkDownError extends BowlineError {
  override readonly name = 'LinkDownError';

  constructor(deviceId: DeviceId) {
    super({
      code: 'LINK_DOWN',
      message: `There is no link to device ${deviceId} right now; connect first, or try again when it is back.`,
      retryable: true,
      data: { deviceId },
    });
  }
}

/** The actor has stopped or has not been told who this device is; whatever waited in it ends with this. */
export class LinksUnavailableError extends BowlineError {
  override readonly name = 'LinksUnavailableError';

  constructor(why: 'stopped' | 'leaving' | 'not-presented') {
    const messages = {
      stopped: 'Links have stopped; start the device again.',
      leaving: 'This device is saying goodbye and opens no link; start it again to connect.',
      'not-presented': 'Links do not know this device yet; call presentSelf first.',
    };
    super({ code: 'LINKS_UNAVAILABLE', message: messages[why], retryable: why !== 'stopped', data: { why } });
  }
}
