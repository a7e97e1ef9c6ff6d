import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostEvent, HostEventName } from '@bowline/contracts';
import { systemClock } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHost, type Host } from '../src/index.ts';

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-host-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A device on loopback whose wall clock can be put forward; `open` gives the next start of it. */
const device = (name: string) => {
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
  };
};

const next = <N extends HostEventName>(host: Host, event: N): Promise<Extract<HostEvent, { event: N }>> =>
  new Promise((resolve) => {
    const cancel = host.on(event, (told) => {
      cancel();
      resolve(told);
    });
  });

const pair = async (initiator: Host, joiner: Host): Promise<void> => {
  const linked = [next(initiator, 'device.connected'), next(joiner, 'device.connected')];
  const offer = await initiator.pair({ policy: 'accept' });
  const joined = await joiner.join(offer.ticket);
  await Promise.all([offer.paired, joined.paired, ...linked]);
};

describe('a device that was unpaired while it was away', () => {
  it('is told when it comes, forgets the other one, and can pair again', async () => {
    const [laptop, phone] = [device('laptop'), device('phone')];
    const atLaptop = await laptop.open();
    let atPhone = await phone.open();
    await pair(atLaptop, atPhone);
    const phoneId = atPhone.device.id;

    await atPhone.stop();
    await atLaptop.unpair(phoneId);
    phone.putForward(120_000);
    atPhone = await phone.open();
    expect(atPhone.devices()).toHaveLength(1);
    expect(await next(atPhone, 'device.removed')).toMatchObject({ name: 'laptop', by: 'peer' });
    expect(atPhone.devices()).toEqual([]);
    expect(atLaptop.devices()).toEqual([]);

    await pair(atLaptop, atPhone);
    expect([atLaptop.devices().length, atPhone.devices().length]).toEqual([1, 1]);
  });
});
