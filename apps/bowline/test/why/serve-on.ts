import { once } from 'node:events';
import type { LabHost } from '@bowline/testing/network-lab';

/** What answers every request with a page, as a network does that wants a sign-in first. */
const PAGE_PROGRAM = `require('node:http').createServer((_, answer) => answer.end('<h1>Welcome</h1>')).listen(3340, () => process.stdout.write('listening'))`;

/** Ends a program, and resolves once it has ended: another one may listen where it did. */
export type End = () => Promise<unknown>;

/** Runs a program, which says something once it listens, on a host. */
export const serveOn = async (host: LabHost, program: string): Promise<End> => {
  const child = host.spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return () => {
    child.kill('SIGKILL');
    return ended;
  };
};

/** Serves a page where relays are. */
export const servePage = (host: LabHost): Promise<End> => serveOn(host, PAGE_PROGRAM);

/** Takes the port of mDNS as programs do that share it with nobody. */
const PORT_TAKER =
  "require('node:dgram').createSocket('udp4').bind(5353, () => process.stdout.write('bound')); setInterval(() => {}, 1e6);";

export const takeMdnsPort = (host: LabHost): Promise<End> => serveOn(host, PORT_TAKER);
