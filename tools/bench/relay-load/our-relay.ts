/** Our relay as a process of its own: prints its port, runs until it is ended. */
import { relayServer } from '@bowline/relay-server';
import { systemClock, systemRandom } from '@bowline/system-ports';

const silent = { error: console.error, warn: () => undefined, info: () => undefined, debug: () => undefined };
const logger = { ...silent, trace: () => undefined, child: () => logger };
const relay = relayServer({
  port: 0,
  bindAddress: '127.0.0.1',
  maxClients: 100_000,
  // One machine plays all clients.
  maxPendingPerAddress: 100_000,
  connectionRate: { perSecond: 1_000_000, burst: 1_000_000 },
  // On, and never reached: the cost of metering is part of the measurement.
  receiveLimit: { bytesPerSecond: 2_000_000_000, burstBytes: 2_000_000_000 },
})({ clock: systemClock, random: systemRandom, logger });
await relay.start();
process.stdout.write(`${relay.port}\n`);
