import { errorCode, type Random } from '@bowline/contracts';
import type { DeviceStream, Host } from '@bowline/host';
import type { Device } from './device.ts';
import { STREAM_NUMBER_BYTES, type StreamAccount, type StreamLedger, streamBytes } from './stream-ledger.ts';

/** The service that every device serves: what goes there comes back. */
const ECHO_SERVICE = 'echo';

/** How much one stream carries, bytes; the largest is more than may be sent before an answer. */
const SIZE_BYTES = { least: 1_000, most: 150_000 } as const;

/** In how many parts it is written. */
const PARTS = 16;

/** Between two parts, on average, milliseconds: what happens meanwhile happens to the stream. */
const PART_EVERY_MS = 8_000;

/** From the end of a stream until it is looked whether something is left of it, milliseconds. */
const LOOK_AFTER_MS = 30_000;

/** What the streams of one household need. */
export interface StreamTrafficComponents {
  readonly random: Random;
  readonly ledger: StreamLedger;
  readonly nowMs: () => number;
}

/** Streams from device to device, and what answers them. */
export interface StreamTraffic {
  /** Has a device answer streams, for as long as its program runs. */
  serve(device: Device, host: Host): Promise<void>;
  /** Carries one stream from a device to another, part by part, and looks at what comes back. */
  carry(from: Device, to: Device): Promise<void>;
}

export const streamTraffic = ({ random, ledger, nowMs }: StreamTrafficComponents): StreamTraffic => {
  const failed = (account: StreamAccount, { name }: Device, error: unknown): void =>
    ledger.failed(account, name, errorCode(error) ?? String(error));

  const echo = async (device: Device, stream: DeviceStream): Promise<void> => {
    let account: StreamAccount | undefined;
    let first = Buffer.alloc(0);
    try {
      for await (const bytes of stream) {
        const piece = account === undefined ? Buffer.concat([first, bytes]) : bytes;
        if (account === undefined) {
          first = Buffer.from(piece);
          if (first.length < STREAM_NUMBER_BYTES) continue;
          account = ledger.of(first);
          // Nothing is expected of it any more.
          if (account === undefined) return;
        }
        ledger.arrived(account, 'there', piece);
        await stream.write(piece);
      }
      if (account === undefined) return;
      ledger.ended(account, 'there');
      await stream.end();
      ledger.done(account, device.name);
    } catch (error) {
      if (account !== undefined) failed(account, device, error);
      throw error;
    }
  };

  const write = async (stream: DeviceStream, account: StreamAccount, { machine }: Device): Promise<void> => {
    const { sizeBytes } = account;
    const partBytes = partOf(account);
    for (let at = partBytes; at < sizeBytes; at += partBytes) {
      const pauseMs = -Math.log(1 - random.ratio()) * PART_EVERY_MS;
      // By the machine's own clock: nothing is written while it sleeps.
      await new Promise<void>((resolve) => void machine.setTimer(pauseMs, resolve));
      await stream.write(streamBytes(account, at, Math.min(at + partBytes, sizeBytes)));
    }
    const ended = stream.end();
    account.writtenAtMs = nowMs();
    await ended;
  };

  const readBack = async (stream: DeviceStream, account: StreamAccount): Promise<void> => {
    for await (const bytes of stream) ledger.arrived(account, 'back', bytes);
    ledger.ended(account, 'back');
  };

  const count = async (device: Device, other: Device): Promise<void> => {
    const { host } = device;
    if (host === null || device.station.isAsleep) return;
    const open = (await host.streams()).filter(({ deviceId }) => deviceId === other.id);
    ledger.counted(device.name, other.name, open.length, nowMs());
  };

  return {
    serve: async (device, host) => {
      await host.serve(ECHO_SERVICE, (stream) => echo(device, stream), { allow: 'paired' });
    },
    carry: async (from, to) => {
      const { host } = from;
      if (host === null) return;
      const sizeBytes = Math.round(SIZE_BYTES.least * (SIZE_BYTES.most / SIZE_BYTES.least) ** random.ratio());
      const account = ledger.begin(from.name, to.name, sizeBytes);
      let stream: DeviceStream;
      try {
        stream = await host.device(to.id).open(ECHO_SERVICE, { first: streamBytes(account, 0, partOf(account)) });
      } catch {
        // Refused, or out of reach for too long: whatever became of it there ends with it.
        ledger.withdraw(account, nowMs());
        return;
      }
      try {
        await Promise.all([write(stream, account, from), readBack(stream, account)]);
        ledger.done(account, from.name);
      } catch (error) {
        failed(account, from, error);
        return;
      }
      from.machine.setTimer(LOOK_AFTER_MS, () => {
        for (const [device, other] of [
          [from, to],
          [to, from],
        ] as const)
          count(device, other).catch(() => undefined);
      });
    },
  };
};

const partOf = ({ sizeBytes }: StreamAccount): number => Math.ceil(sizeBytes / PARTS);
