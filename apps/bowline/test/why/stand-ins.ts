import type { LabCertificate } from './make-certificate.ts';

/** Where relays of the lab listen. */
const PORT = 3_340;

const SAY_SO = `() => process.stdout.write('listening')`;

/** Takes connections, and does something with each, which is called `socket`. */
const takingConnections = (what: string): string =>
  `require('node:net').createServer((socket) => { socket.on('error', () => {}); ${what} }).listen(${PORT}, ${SAY_SO});`;

/** Takes connections, and says nothing on any of them. */
export const HANGING = takingConnections('');

/** Ends every connection as soon as it is there. */
export const CLOSING = takingConnections('socket.destroy();');

/** Speaks, and something else than a relay does. */
export const SPEAKING = takingConnections(`socket.end('220 mail.example ready\\r\\n');`);

/** A web server that answers everything with one status, as one does whose relay is down, or that passes no WebSockets on. */
export const answeringWith = (status: number, certificate?: LabCertificate): string => {
  const answer = `HTTP/1.1 ${status} No\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n`;
  const file = (name: string): string => `require('node:fs').readFileSync(${JSON.stringify(name)})`;
  const options = certificate && `{ cert: ${file(certificate.file)}, key: ${file(certificate.keyFile)} }, `;
  return `const server = require('node:${certificate ? 'https' : 'http'}').createServer(${options ?? ''}(_, answer) => { answer.statusCode = ${status}; answer.end(); });
server.on('upgrade', (_, socket) => { socket.on('error', () => {}); socket.end('${answer}'); });
server.listen(${PORT}, ${SAY_SO});`;
};
