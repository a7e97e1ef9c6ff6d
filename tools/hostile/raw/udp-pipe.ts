import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const LOOPBACK = '127.0.0.1';

/** Datagrams recorded in each direction. */
const MAX_RECORDED = 4_000;

/** A middle box on somebody's way: it passes datagrams on, keeps them, and can send them again. */
export interface UdpPipe extends AsyncDisposable {
  /** Where the victim is led to instead. */
  readonly port: number;
  /** What was sent to the target, and what it answered. */
  readonly toTarget: readonly Uint8Array[];
  readonly fromTarget: readonly Uint8Array[];
}

const open = async (): Promise<Socket> => {
  const socket = createSocket('udp4').bind(0, LOOPBACK);
  await once(socket, 'listening');
  return socket;
};

/** @param delayMs holds every datagram back for so long, in each direction */
export const udpPipe = async (targetPort: number, hear: (bytes: Uint8Array) => void, delayMs = 0): Promise<UdpPipe> => {
  const front = await open();
  const toTarget: Uint8Array[] = [];
  const fromTarget: Uint8Array[] = [];
  const behind = new Map<number, Promise<Socket>>();
  let isClosed = false;

  const record = (list: Uint8Array[], datagram: Uint8Array): void => {
    hear(datagram);
    if (list.length < MAX_RECORDED) list.push(datagram);
  };
  const pass = (socket: Socket, datagram: Uint8Array, port: number): void => {
    const send = (): void => {
      if (!isClosed) socket.send(datagram, port, LOOPBACK);
    };
    if (delayMs === 0) send();
    else setTimeout(send, delayMs);
  };
  /** Each client has a socket of its own behind the pipe, as behind a NAT. */
  const socketFor = (clientPort: number): Promise<Socket> => {
    const known = behind.get(clientPort);
    if (known !== undefined) return known;
    const opening = open().then((socket) =>
      socket.on('message', (datagram) => {
        record(fromTarget, datagram);
        pass(front, datagram, clientPort);
      }),
    );
    behind.set(clientPort, opening);
    return opening;
  };

  front.on('message', (datagram, { port }) => {
    record(toTarget, datagram);
    void socketFor(port).then((socket) => pass(socket, datagram, targetPort));
  });

  return {
    port: front.address().port,
    toTarget,
    fromTarget,
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      front.close();
      for (const opening of behind.values()) (await opening).close();
    },
  };
};

/** Sends recorded datagrams to a port from a fresh socket, in order, as fast as they go. */
export const replayDatagrams = async (datagrams: readonly Uint8Array[], port: number): Promise<void> => {
  const socket = await open();
  for (const datagram of datagrams) {
    await new Promise<void>((resolve) => void socket.send(datagram, port, LOOPBACK, () => resolve()));
  }
  socket.close();
};
