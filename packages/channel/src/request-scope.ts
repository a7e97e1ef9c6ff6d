import type { RequestContext } from '@bowline/contracts';

/**
 * The context of one request being worked on. The controller is made when a handler first asks for the signal: most
 * answer at once and never do.
 */
export class RequestScope implements RequestContext {
  #controller: AbortController | undefined;
  #abortReason: Error | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }
}
