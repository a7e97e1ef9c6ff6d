/** A proxy works, and says that it does not reach what it was asked for: no matter of the proxy. */
export class BeyondProxyError extends Error {
  override readonly name = 'BeyondProxyError';
}
