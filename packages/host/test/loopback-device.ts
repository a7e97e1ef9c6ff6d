import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostEvent, HostEventName } from '@bowline/contracts';
import { systemClock } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { onTestFinished } from 'vitest';
import { createHost, type Host } from '../src/index.ts';

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-host-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A device on loopback whose wall clock can be put forward; `open` gives the next start of it. */
export const loopbackDevice = (name: string) => {
  const dataDir = temporaryFolder();
  let aheadMs = 0;
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  return {
    putForward: (byMs: number) => {
      aheadMs += byMs;
    },
    open: async (): Promise<Host> => {
      const options = { dataDir, name, relay: 'disabled', bind: ['127.0.0.1'] } as const;
      const host = createHost(options, { clock, logger: memoryLogger() });
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

/** Pairs two hosts, and resolves once they are linked. */
export const pairHosts = async (initiator: Host, joiner: Host): Promise<void> => {
  const linked = [nextEvent(initiator, 'device.connected'), nextEvent(joiner, 'device.connected')];
  const offer = await initiator.pair({ policy: 'accept' });
  const joined = await joiner.join(offer.ticket);
  await Promise.all([offer.paired, joined.paired, ...linked]);
};
