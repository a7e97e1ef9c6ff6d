import { type BowlineError, errorCode } from '@bowline/contracts';
import { type OpenStreamComponents, openStream } from '../services/open-stream.ts';
import type { PushStream } from './push-files.ts';
import { PUSH_SERVICES } from './receiving.ts';

/** Opens a stream to a receiver, as the latest that both know. */
export const openPush = async (components: OpenStreamComponents, signal: AbortSignal): Promise<PushStream> => {
  const [latest, earlier] = PUSH_SERVICES;
  try {
    const stream = await openStream(components, latest, { signal, isLarge: true });
    return { stream, takesUnhashed: true };
  } catch (error) {
    if (errorCode(error) !== 'SERVICE_REFUSED' || (error as BowlineError).data.reason !== 'unknown-service')
      throw error;
  }
  const stream = await openStream(components, earlier, { signal, isLarge: true });
  return { stream, takesUnhashed: false };
};
