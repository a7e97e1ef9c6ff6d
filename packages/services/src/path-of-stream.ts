import type { ConnectionPath } from '@bowline/contracts';
import type { RawStream } from './raw-stream.ts';
import type { StreamLink } from './stream-link.ts';

/** TCP is only ever between the two devices themselves. */
const OVER_TCP: ConnectionPath = Object.freeze({ kind: 'direct', remoteAddress: null, rttMs: null });

/** The path that the bytes of a stream take. @param raw what it is on; `null`: nothing now */
export const pathOfStream = (raw: RawStream | null, link: StreamLink): ConnectionPath | null =>
  raw?.transport === 'tcp' ? OVER_TCP : link.path;
