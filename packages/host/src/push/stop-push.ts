import type { PushStop } from '@bowline/push-protocol';

/** The push ends for a reason that the sender is told. */
export class StopPush extends Error {
  readonly reason: PushStop;

  constructor(reason: PushStop) {
    super(reason);
    this.reason = reason;
  }
}
