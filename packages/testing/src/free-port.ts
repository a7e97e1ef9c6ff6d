import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems choose by themselves (Linux: from 32768; RFC 6335: from 49152). */
const FIRST_PORT = 15_000;
const PORTS_OF_A_PROCESS = 100;
const PROCESSES = 150;

/** No two processes that share ports, which have ids {@link PROCESSES} apart, begin near each other. */
const STEP = 37;

let asked = Math.floor(process.pid / PROCESSES) * STEP;

const isFree = async (transport: 'tcp' | 'udp', port: number): Promise<boolean> => {
  const socket =
    transport === 'tcp' ? createServer().listen(port, '127.0.0.1') : createSocket('udp4').bind(port, '127.0.0.1');
  try {
    await once(socket, 'listening');
  } catch {
    return false;
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return true;
};

/**
 * A port of loopback that is free, and that no system gives meanwhile to a program that asks for any: for what is started
 * anew at its port, or at a port that has to be known before. Processes that run at the same time are given different ones.
 */
export const freePort = async (transport: 'tcp' | 'udp'): Promise<number> => {
  const first = FIRST_PORT + (process.pid % PROCESSES) * PORTS_OF_A_PROCESS;
  for (let tries = 0; tries < PORTS_OF_A_PROCESS; tries += 1) {
    const port = first + (asked % PORTS_OF_A_PROCESS);
    asked += 1;
    if (await isFree(transport, port)) return port;
  }
  throw new Error(`none of ${PORTS_OF_A_PROCESS} ports from ${first} on is free`);
};
