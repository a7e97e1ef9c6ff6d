/** Builds a room with a process in it, says the process ids of both, and stays until it is killed; `dispose`: ends well. */
import { oneLan } from '../../src/network-lab/index.ts';

const room = await oneLan(['laptop']);
const sleeper = room.hosts.laptop.spawn('sleep', ['1000'], { stdio: 'ignore' });
process.stdout.write(`${process.pid} ${sleeper.pid}\n`);
if (process.argv[2] === 'dispose') await room.dispose();
else setInterval(() => undefined, 1_000);
