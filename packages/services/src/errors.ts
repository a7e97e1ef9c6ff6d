import { BowlineError, type DeviceId, type ServiceStreamId } from '@bowline/contracts';
import type { RefusalReason } from '@bowline/stream-protocol';

const EXPLANATIONS: Readonly<Record<RefusalReason, string>> = {
  'unknown-service': 'it serves nothing of that name; see what it serves by listing its services',
  forbidden: 'this device may not use it; allow it on the other device',
  'relay-denied': 'it may not be used through a relay, and there is no direct path now',
  'relay-budget-spent': 'what may go through relays today is spent; try again tomorrow, or on a direct path',
  'too-many-streams': 'too many of its streams are open; close some, or allow more on the other device',
  gone: 'it knows nothing of this stream any more',
  stopping: 'it is stopping; try again later',
};

/** The other device does not take the stream. */
export class ServiceRefusedError extends BowlineError {
  override readonly name = 'ServiceRefusedError';

  constructor(deviceId: DeviceId, service: string, reason: RefusalReason) {
    super({
      code: 'SERVICE_REFUSED',
      message: `The other device refused the service "${service}": ${EXPLANATIONS[reason]}.`,
      retryable: reason !== 'unknown-service' && reason !== 'forbidden',
      data: { deviceId, service, reason },
    });
  }
}

/** The other device knows nothing of services. */
export class ServicesUnsupportedError extends BowlineError {
  override readonly name = 'ServicesUnsupportedError';

  constructor(deviceId: DeviceId) {
    super({
      code: 'SERVICES_UNSUPPORTED',
      message: 'The other device runs an earlier Bowline, which has no services; update it.',
      data: { deviceId },
    });
  }
}

/** The device is not paired, or the actor was not told of it. */
export class DeviceUnknownError extends BowlineError {
  override readonly name = 'DeviceUnknownError';

  constructor(deviceId: DeviceId) {
    super({ code: 'DEVICE_UNKNOWN', message: 'The device is not paired with this one.', data: { deviceId } });
  }
}

/** Nothing can be said to the device now. */
export class PeerNotLinkedError extends BowlineError {
  override readonly name = 'PeerNotLinkedError';

  constructor(deviceId: DeviceId) {
    super({
      code: 'LINK_DOWN',
      message: 'There is no link to the device now; try again when it is connected.',
      retryable: true,
      data: { deviceId },
    });
  }
}

/** The stream was ended by unpairing. */
export class StreamPeerRemovedError extends BowlineError {
  override readonly name = 'StreamPeerRemovedError';

  constructor(deviceId: DeviceId) {
    super({ code: 'DEVICE_REMOVED', message: 'The device is paired no more.', data: { deviceId } });
  }
}

/** Enough streams are open to the device. */
export class TooManyStreamsError extends BowlineError {
  override readonly name = 'TooManyStreamsError';

  constructor(deviceId: DeviceId, maxStreams: number) {
    super({
      code: 'TOO_MANY_STREAMS',
      message: `${maxStreams} streams are open to this device, and more are not kept; end some of them.`,
      retryable: true,
      data: { deviceId, maxStreams },
    });
  }
}

/** The stream is over and read, or was never known. */
export class ServiceStreamClosedError extends BowlineError {
  override readonly name = 'ServiceStreamClosedError';

  constructor(streamId: ServiceStreamId) {
    super({
      code: 'STREAM_CLOSED',
      message: 'The stream is closed; open another one if it is still wanted.',
      data: { streamId },
    });
  }
}

/** A stream id names an open stream, or is none. */
export class ServiceStreamIdInUseError extends BowlineError {
  override readonly name = 'ServiceStreamIdInUseError';

  constructor(streamId: ServiceStreamId) {
    super({
      code: 'STREAM_ID_IN_USE',
      message: 'The stream id is in use or no id; choose a fresh one of 1 to 64 characters for every stream.',
      data: { streamId },
    });
  }
}

/** Either side has ended both directions at once. */
export class StreamResetError extends BowlineError {
  override readonly name = 'StreamResetError';

  constructor(resetCode: number, by: 'us' | 'peer') {
    super({
      code: 'STREAM_RESET',
      message: `The stream was reset ${by === 'us' ? 'here' : 'by the other device'} with the code ${resetCode}.`,
      data: { resetCode, by },
    });
  }
}

/** What was not acknowledged may not have arrived. */
export class StreamLostError extends BowlineError {
  override readonly name = 'StreamLostError';

  /** @param why `restarted`: the other device has forgotten the stream; `connection`: it was not to outlive its connection. */
  constructor(why: 'restarted' | 'connection') {
    super({
      code: 'STREAM_LOST',
      message:
        why === 'restarted'
          ? 'The other device has started anew and knows nothing of the stream; what was not acknowledged may not have arrived.'
          : 'The connection under the stream ended, and the stream was not to outlive it.',
      data: { why },
    });
  }
}

/** Nothing was heard of the other device for too long. */
export class StreamExpiredError extends BowlineError {
  override readonly name = 'StreamExpiredError';

  constructor(withoutContactMs: number) {
    super({
      code: 'STREAM_EXPIRED',
      message: `There was no contact with the other device for ${Math.round(withoutContactMs / 1_000)} s, so the stream was given up; what was not acknowledged may not have arrived.`,
      data: { withoutContactMs },
    });
  }
}

/** The caller gave up. */
export class WaitCancelledError extends BowlineError {
  override readonly name = 'WaitCancelledError';

  constructor(request: string) {
    super({ code: 'CHANNEL_CANCELLED', message: `The request "${request}" was cancelled by its caller.` });
  }
}

/** The actor is stopped, or stops. */
export class ServicesStoppedError extends BowlineError {
  override readonly name = 'ServicesStoppedError';

  constructor() {
    super({ code: 'SERVICES_STOPPED', message: 'The services of this device are stopped.', retryable: true });
  }
}
