import { chooseVersion, MAX_FRAME_BYTES, subprotocolOf } from '@bowline/relay-protocol';
import { WebSocketServer } from 'ws';

/** Pieces of one message held before it is complete. A frame of the largest size in TCP segments of the smallest usual size (536 bytes, RFC 9293) is 123 of them. */
const MAX_MESSAGE_PIECES = 1_024;

/** Milliseconds a closed WebSocket may linger until the other side has closed it too. */
const CLOSE_TIMEOUT_MS = 1_000;

/** Makes WebSockets of upgrades that {@link upgradeRefusalOf} lets pass. It listens nowhere. */
export const webSockets = (): WebSocketServer => {
  // The types of ws leave some of these out.
  const settings = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    maxBufferedChunks: MAX_MESSAGE_PIECES,
    maxFragments: MAX_MESSAGE_PIECES,
    skipUTF8Validation: true,
    closeTimeout: CLOSE_TIMEOUT_MS,
    handleProtocols: (protocols: ReadonlySet<string>) => subprotocolOf(chooseVersion([...protocols].join(',')) ?? 1),
  };
  return new WebSocketServer(settings);
};
