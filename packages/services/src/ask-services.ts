import type { DeviceId } from '@bowline/contracts';
import { decodeStreamAnswer, encodeStreamHeader, StreamProtocolError } from '@bowline/stream-protocol';
import { PeerNotLinkedError, WaitCancelledError } from './errors.ts';
import { NO_OWNER, type RawStream } from './raw-stream.ts';

/** Asks a device, on a QUIC stream of its own, what this one may use there. @throws PeerNotLinkedError when the connection ends before the answer */
export const askServices = async (
  raw: RawStream,
  deviceId: DeviceId,
  signal: AbortSignal,
): Promise<readonly { readonly name: string }[]> => {
  const answer = Promise.withResolvers<readonly { readonly name: string }[]>();
  // Nobody waits for it when the stream could not even be opened.
  answer.promise.catch(() => undefined);
  const lost = (): void => answer.reject(new PeerNotLinkedError(deviceId));
  raw.own({
    ...NO_OWNER,
    onPart: (part) => {
      if (part.kind !== 'header') throw new StreamProtocolError('a list is followed by something');
      const said = decodeStreamAnswer(part.body);
      if (said.kind !== 'services') throw new StreamProtocolError('a list is answered by something else');
      answer.resolve(said.services);
    },
    onViolation: (_raw, error) => answer.reject(error),
    onLeft: lost,
    onEnded: lost,
    onLost: lost,
  });
  const onAbort = (): void => answer.reject(new WaitCancelledError('listServices'));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    if (!(await raw.open(encodeStreamHeader({ kind: 'list' })))) throw new PeerNotLinkedError(deviceId);
    return await answer.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    raw.own(null);
    raw.write([], true);
    raw.finish();
  }
};
