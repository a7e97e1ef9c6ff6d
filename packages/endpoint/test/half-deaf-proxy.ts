import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A UDP hop on loopback that loses what the server says after its first few packets, so that a handshake stalls. */
export interface HalfDeafProxy {
  readonly address: string;
  /** Resolves with the first answer lost. */
  readonly stalled: Promise<void>;
  close(): void;
}

export const halfDeafProxy = async (serverPort: number, answersPassed: number): Promise<HalfDeafProxy> => {
  const [front, back] = [createSocket('udp4'), createSocket('udp4')] as [Socket, Socket];
  for (const socket of [front, back]) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  const stalled = Promise.withResolvers<void>();
  let client: RemoteInfo | null = null;
  let answers = 0;
  front.on('message', (packet, from) => {
    client = from;
    back.send(packet, serverPort, '127.0.0.1');
  });
  back.on('message', (packet) => {
    answers += 1;
    if (answers > answersPassed) stalled.resolve();
    else if (client !== null) front.send(packet, client.port, client.address);
  });
  return {
    address: `127.0.0.1:${front.address().port}`,
    stalled: stalled.promise,
    close: () => {
      front.close();
      back.close();
    },
  };
};
