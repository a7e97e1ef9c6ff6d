import { BowlineError, type BowlineErrorInit } from '@bowline/contracts';

/** An error that happened on the other side: its `name`, `code`, `stage`, `retryable`, `data` and causes are the original's. */
export class RemoteError extends BowlineError {
  override readonly name: string;

  constructor(init: BowlineErrorInit & { readonly name: string }) {
    super(init);
    this.name = init.name;
  }
}

/** The channel ended, so this request has no answer. Whether the other side acted on it is unknown. */
export class ChannelClosedError extends BowlineError {
  override readonly name = 'ChannelClosedError';

  constructor(channel: string, reason: string, cause?: unknown) {
    super({
      code: 'CHANNEL_CLOSED',
      message: `Channel "${channel}" ended: ${reason}. Connect again and repeat what is safe to repeat.`,
      retryable: true,
      data: { channel, reason },
      cause,
    });
  }
}

/** No answer within the deadline; the other side was told to stop working on it. */
export class ChannelDeadlineError extends BowlineError {
  override readonly name = 'ChannelDeadlineError';

  constructor(channel: string, verb: string, deadlineMs: number) {
    super({
      code: 'CHANNEL_DEADLINE',
      message: `"${verb}" on channel "${channel}" was not answered within ${deadlineMs} ms. The other side is busy or stuck; try again.`,
      retryable: true,
      data: { channel, verb, deadlineMs },
    });
  }
}

/** The caller's own signal ended the request. */
export class ChannelCancelledError extends BowlineError {
  override readonly name = 'ChannelCancelledError';

  constructor(channel: string, verb: string, cause?: unknown) {
    super({
      code: 'CHANNEL_CANCELLED',
      message: `"${verb}" on channel "${channel}" was cancelled by its caller.`,
      data: { channel, verb },
      cause,
    });
  }
}

/** The two sides are not of the same build, or not of the same channel. */
export class ChannelVersionMismatchError extends BowlineError {
  override readonly name = 'ChannelVersionMismatchError';

  constructor(expected: string, received: string) {
    super({
      code: 'CHANNEL_VERSION_MISMATCH',
      message: `This side serves ${expected}, the caller asked for ${received}. Run both sides from the same version of Bowline.`,
      data: { expected, received },
    });
  }
}

/** The channel has no such request. */
export class UnknownRequestError extends BowlineError {
  override readonly name = 'UnknownRequestError';

  /** @param verbs those it has */
  constructor(channel: string, verb: string, verbs: readonly string[]) {
    super({
      code: 'CHANNEL_UNKNOWN_REQUEST',
      message: `Channel "${channel}" has no request "${verb.slice(0, 80)}"; it has ${verbs.join(', ')}.`,
      data: { channel, verbs },
    });
  }
}

/** More requests are open than one side answers at a time. */
export class ChannelBusyError extends BowlineError {
  override readonly name = 'ChannelBusyError';

  constructor(channel: string, maxOpenRequests: number) {
    super({
      code: 'CHANNEL_BUSY',
      message: `Channel "${channel}" already works on ${maxOpenRequests} requests. Wait for answers before asking more.`,
      retryable: true,
      data: { channel, maxOpenRequests },
    });
  }
}

/** A payload holds something the transport cannot carry, such as a function or a native handle. */
export class UncarriableMessageError extends BowlineError {
  override readonly name = 'UncarriableMessageError';

  constructor(channel: string, what: string, cause: unknown) {
    super({
      code: 'CHANNEL_UNCARRIABLE',
      message: `${what} on channel "${channel}" holds something that cannot be carried. Payloads are plain, cloneable data.`,
      data: { channel },
      cause,
    });
  }
}

/** What arrived is no message: the sentence says which rule it breaks, never what it held. */
export class BadMessageError extends BowlineError {
  override readonly name = 'BadMessageError';

  constructor(rule: string) {
    super({ code: 'CHANNEL_BAD_MESSAGE', message: `A message was not understood: ${rule}.`, data: { rule } });
  }
}
