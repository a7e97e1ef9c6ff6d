/**
 * `node datagram.ts listen PORT` answers every datagram with the address it came from, and says so on standard output;
 * `node datagram.ts ask ADDRESS PORT WAIT` sends one datagram and prints the answer, or `silence` after WAIT ms.
 */
import { createSocket } from 'node:dgram';

const [what, ...rest] = process.argv.slice(2);
const socket = createSocket('udp4');

if (what === 'listen') {
  socket.on('message', (_message, { address, port }) => socket.send(`${address}:${port}`, port, address));
  socket.bind(Number(rest[0]), () => process.stdout.write('listening\n'));
} else {
  const end = (said: string): void => {
    process.stdout.write(said);
    process.exit(0);
  };
  socket.on('message', (message) => end(message.toString()));
  socket.on('error', ({ message }) => end(message));
  socket.send('hello', Number(rest[1]), rest[0]);
  setTimeout(() => end('silence'), Number(rest[2]));
}
