import { fork, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { childProcessTransport, jsonLinesTransport, messagePortTransport } from '@bowline/channel';
import { systemClock } from '@bowline/system-ports';
import { channelConformance, serveConformanceChannel } from '@bowline/testing';

const entry = (name: string): URL => new URL(`./fixtures/${name}-entry.ts`, import.meta.url);

channelConformance({
  name: 'a MessagePort within a thread',
  clock: systemClock,
  setup: () => {
    const { port1, port2 } = new MessageChannel();
    serveConformanceChannel(messagePortTransport(port2));
    return { transport: messagePortTransport(port1), kill: () => port2.close(), end: () => port2.close() };
  },
});

channelConformance({
  name: 'a thread',
  clock: systemClock,
  setup: () => {
    const worker = new Worker(entry('thread'), { execArgv: [] });
    const end = async (): Promise<void> => {
      await worker.terminate();
    };
    return { transport: messagePortTransport(worker), kill: () => void end(), end };
  },
});

channelConformance({
  name: 'a child process',
  clock: systemClock,
  carriesConnections: true,
  setup: () => {
    const child = fork(entry('process'), [], { serialization: 'advanced', execArgv: [] });
    const kill = (): void => void child.kill('SIGKILL');
    return { transport: childProcessTransport(child, { clock: systemClock }), kill, end: kill };
  },
});

channelConformance({
  name: 'JSON lines',
  clock: systemClock,
  setup: () => {
    const child = spawn(process.execPath, [fileURLToPath(entry('json-lines'))], { stdio: ['pipe', 'pipe', 'inherit'] });
    const kill = (): void => void child.kill('SIGKILL');
    return { transport: jsonLinesTransport(child.stdout, child.stdin), kill, end: kill };
  },
});
