import { MESSAGE, type Transport, type TransportListener } from '@bowline/channel';

/**
 * Serves whoever comes by the channel that its hello asks for; for any other one it is `fallback` that refuses.
 *
 * @param serve by the channel's name; called once, and must listen at once
 */
export const serveByChannel = (
  transport: Transport,
  serve: Readonly<Record<string, (transport: Transport) => void>>,
  fallback: (transport: Transport) => void,
): void => {
  let listener: TransportListener | undefined;
  const routed: Transport = {
    post: (message) => transport.post(message),
    close: () => transport.close(),
    listen: (heard) => {
      listener = heard;
    },
  };
  transport.listen({
    onMessage: (message) => {
      if (listener === undefined) {
        const name = message[0] === MESSAGE.hello ? message[2] : '';
        const chosen = Object.hasOwn(serve, name) ? serve[name] : undefined;
        (chosen ?? fallback)(routed);
      }
      listener?.onMessage(message);
    },
    onClose: (reason) => listener?.onClose(reason),
  });
};
