import { endpointKeyOfFrame, hasEndpointKey, type RouteKey, routeKeyOfFrame } from '@bowline/relay-protocol';

/**
 * Reads whose frame it is. Frames come in runs of one peer: comparing the key with the last one is four times cheaper
 * than making a string of it, and the string's hash is computed once.
 */
export class RouteKeyReader {
  #lastBytes: Uint8Array = new Uint8Array(0);
  #lastKey: RouteKey = '';

  /** The peer in a datagram frame whose size has been checked. */
  keyOf(frame: Buffer): RouteKey {
    if (this.#lastKey !== '' && hasEndpointKey(frame, this.#lastBytes)) return this.#lastKey;
    this.#lastBytes = Uint8Array.from(endpointKeyOfFrame(frame));
    this.#lastKey = routeKeyOfFrame(frame);
    return this.#lastKey;
  }
}
