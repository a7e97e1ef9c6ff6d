import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { HostEvent, HostEventName, Logger } from '@bowline/contracts';
import { memoryLogger } from '@bowline/testing';
import { onTestFinished } from 'vitest';
import { createHost, type Host, type HostOptions } from '../src/index.ts';

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-host-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A device on loopback; `open` gives the next start of it. */
export const loopbackDevice = (name: string, given: Partial<HostOptions> = {}, logger: Logger = memoryLogger()) => {
  const dataDir = temporaryFolder();
  return {
    open: async (): Promise<Host> => {
      const options = { dataDir, name, relay: 'disabled', bind: ['127.0.0.1'], ...given } as const;
      const host = createHost(options, { logger });
      onTestFinished(() => host.stop());
      await host.start();
      return host;
    },
    /** Keeps what is stored now, while the device is stopped; the function it gives puts it back. */
    backUp: () => {
      const backup = temporaryFolder();
      cpSync(dataDir, backup, { recursive: true });
      return () => {
        rmSync(dataDir, { recursive: true });
        cpSync(backup, dataDir, { recursive: true });
      };
    },
  };
};

export const nextEvent = <N extends HostEventName>(host: Host, event: N): Promise<Extract<HostEvent, { event: N }>> =>
  new Promise((resolve) => {
    const cancel = host.on(event, (told) => {
      cancel();
      resolve(told);
    });
  });

/** Resolves once a host with one device is connected with it, which may have been before anybody could listen. */
export const isLinked = async (host: Host): Promise<void> => {
  const [device] = host.devices();
  if (device === undefined) throw new Error('no device is paired');
  if (host.device(device.id).snapshot.state !== 'connected') await nextEvent(host, 'device.connected');
};

/** Resolves once a host with one device has lost it, which may have been before anybody could listen. */
export const isRemoved = async (host: Host): Promise<void> => {
  if (host.devices().length > 0) await nextEvent(host, 'device.removed');
};

/** Threads of this process, as they were started. */
const threads = new Set<Worker>();
process.on('worker', (thread: Worker) => {
  threads.add(thread);
  thread.once('exit', () => threads.delete(thread));
});

/** Kills a worker in a process or a thread (in a thread that of every host here), and resolves once it was started again. */
export const killWorker = async (host: Host, worker: string): Promise<void> => {
  const { workers } = await host.status();
  const found = workers.find(({ name }) => name === worker);
  const started = new Promise<void>((resolve) => {
    const cancel = host.on('worker.stateChanged', ({ name, state }) => {
      if (name !== worker || state !== 'started') return;
      cancel();
      resolve();
    });
  });
  if (found?.placement === 'inline') throw new Error(`${worker} cannot be killed without its host`);
  if (typeof found?.pid === 'number') process.kill(found.pid, 'SIGKILL');
  else for (const thread of threads) if (thread.threadName === worker) await thread.terminate();
  await started;
};

/** Pairs two hosts, and resolves once they are linked. */
export const pairHosts = async (initiator: Host, joiner: Host): Promise<void> => {
  const linked = [nextEvent(initiator, 'device.connected'), nextEvent(joiner, 'device.connected')];
  const offer = await initiator.pair({ policy: 'accept' });
  const joined = await joiner.join(offer.ticket);
  await Promise.all([offer.paired, joined.paired, ...linked]);
};
