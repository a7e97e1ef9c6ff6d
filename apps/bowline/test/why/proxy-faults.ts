import type { LabHost } from '@bowline/testing/network-lab';
import type { LabRelay } from '../lab-devices.ts';
import type { Fault } from './fault-lab.ts';
import type { PairInLab } from './pair-in-lab.ts';
import { type End, serveOn } from './serve-on.ts';

/** Where these faults are made: two homes, no UDP out of the first, and a proxy by which the device there reaches its relay. */
interface ProxyStage {
  readonly pair: PairInLab;
  readonly relay: LabRelay;
  readonly proxy: LabHost;
}

/** Where a proxy listens. */
export const PROXY_PORT = 8_080;

/** What a proxy does with a request for a tunnel; `answer` is the socket of who asks. */
const proxyProgram = (connect: string): string => `
const net = require('node:net');
const server = require('node:http').createServer();
server.on('connect', ({ url }, answer) => { answer.on('error', () => {}); ${connect} });
server.listen(${PROXY_PORT}, () => process.stdout.write('listening'));`;

const PASSING = proxyProgram(`
const { hostname, port } = new URL('http://' + url);
const target = net.connect(Number(port || 80), hostname, () => {
  answer.write('HTTP/1.1 200 OK\\r\\n\\r\\n');
  target.pipe(answer); answer.pipe(target);
});
answer.on('close', () => target.destroy());
target.on('close', () => answer.destroy());
target.on('error', () => answer.end('HTTP/1.1 502 Bad Gateway\\r\\n\\r\\n'));`);

const REFUSING = proxyProgram(`answer.end('HTTP/1.1 403 Forbidden\\r\\n\\r\\n');`);

const ASKING = proxyProgram(
  `answer.end('HTTP/1.1 407 Proxy Authentication Required\\r\\nProxy-Authenticate: Basic realm="office"\\r\\n\\r\\n');`,
);

/** Takes connections, and says nothing on any. */
const HANGING = `require('node:net').createServer((socket) => socket.on('error', () => {})).listen(${PROXY_PORT}, () => process.stdout.write('listening'));`;

/** A proxy that lets everything through. @returns what ends it */
export const passingProxy = (host: LabHost): Promise<End> => serveOn(host, PASSING);

/** What befalls a proxy, and a relay behind one. */
export const proxyFaults = ({ pair, relay, proxy }: ProxyStage, endFirst: End): readonly Fault[] => {
  const { connected } = pair;
  let end = endFirst;
  const anew = async (): Promise<void> => {
    await end();
    end = await passingProxy(proxy);
    await connected();
  };
  const cause = 'offline-proxy';
  return [
    {
      make: () => end(),
      undo: anew,
      expected: [{ fault: 'the proxy is killed', cause, side: 'here' }],
    },
    {
      make: async () => {
        await end();
        end = await serveOn(proxy, REFUSING);
      },
      undo: anew,
      expected: [{ fault: 'the proxy lets nothing through', cause, side: 'here' }],
    },
    {
      make: async () => {
        await end();
        end = await serveOn(proxy, ASKING);
      },
      undo: anew,
      expected: [{ fault: 'the proxy wants a login', cause, side: 'here' }],
    },
    {
      make: async () => {
        await end();
        end = await serveOn(proxy, HANGING);
      },
      undo: anew,
      expected: [{ fault: 'the proxy takes connections, and answers on none', cause, side: 'here' }],
    },
    {
      make: () => relay.kill(),
      undo: async () => {
        await relay.start();
        await connected();
      },
      expected: [
        { fault: 'the only relay is killed, behind a proxy that works', cause: 'offline-relay-down', side: 'between' },
      ],
    },
  ];
};
