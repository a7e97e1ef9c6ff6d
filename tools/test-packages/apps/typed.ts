import {
  BowlineError,
  createHost,
  type DeviceId,
  type Host,
  type HostEvent,
  type HostOptions,
  type PairingFailureCode,
} from 'bowline';

const options: HostOptions = { dataDir: '/var/lib/app', name: 'NAS', placement: { endpoint: 'inline' } };
const host: Host = createHost(options);

export const told: HostEvent[] = [];
host.onAny((event) => told.push(event));
host.on('message.received', ({ from, text }) => {
  const sender: DeviceId = from;
  process.stdout.write(`${sender}: ${text ?? 'bytes'}\n`);
});

export const pairOrSay = async (): Promise<DeviceId | PairingFailureCode | undefined> => {
  try {
    await host.start();
    const offer = await host.pair({ policy: 'accept', ttlMs: 60_000 });
    const { device } = await offer.paired;
    await host.send(device.id, new Uint8Array([1, 2]), { signal: AbortSignal.timeout(1_000) });
    return device.id;
  } catch (error) {
    if (error instanceof BowlineError && error.code === 'CODE_EXPIRED') return error.code;
    throw error;
  } finally {
    await host.stop();
  }
};

// @ts-expect-error an option that there is not
createHost({ dataDir: '/x', nmae: 'y' });
// @ts-expect-error an event that there is not
host.on('message.arrived', () => undefined);
