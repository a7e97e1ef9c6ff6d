import { relayServer } from '@bowline/relay-server';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';

/** A relay in a process of its own: `node relay-child.ts PORT`, prints its port, ends with its standard input. */
const relay = relayServer({ port: Number(process.argv[2]), bindAddress: '127.0.0.1' })({
  clock: systemClock,
  random: systemRandom,
  logger: memoryLogger(),
});
await relay.start();
process.stdout.write(`${relay.port}\n`);
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
