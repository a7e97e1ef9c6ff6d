/** Sends back what it is sent, with nothing of ours in between. */
import { parentPort } from 'node:worker_threads';

if (parentPort === null) process.on('message', (message) => process.send?.(message));
else {
  const port = parentPort;
  port.on('message', (message) => port.postMessage(message));
}
