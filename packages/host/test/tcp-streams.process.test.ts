import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DeviceStream, Host, HostOptions } from '../src/index.ts';
import { killWorker, loopbackDevice, pairHosts } from './loopback-device.ts';

/** In a process of its own, so that it can be killed alone. */
const KILLABLE: Partial<HostOptions> = { placement: { 'tcp-transport': 'process' } };

/** Content that shows where it is, made of one piece again and again. */
const PIECE = randomBytes(1_000_003);
const PIECES = 40;

const hashAll = async (stream: AsyncIterable<Uint8Array>): Promise<string> => {
  const hash = createHash('sha256');
  for await (const bytes of stream) hash.update(bytes);
  return hash.digest('hex');
};
const EXPECTED = (() => {
  const hash = createHash('sha256');
  for (let count = 0; count < PIECES; count += 1) hash.update(PIECE);
  return hash.digest('hex');
})();

const twoHosts = async (laptopOptions: Partial<HostOptions>, nasOptions: Partial<HostOptions>) => {
  const [laptop, nas] = await Promise.all([
    loopbackDevice('laptop', laptopOptions).open(),
    loopbackDevice('nas', nasOptions).open(),
  ]);
  await pairHosts(nas, laptop);
  const hashes: Promise<string>[] = [];
  const sink = (stream: DeviceStream): Promise<void> => {
    const hash = hashAll(stream);
    hashes.push(hash);
    return hash.then(() => undefined);
  };
  const source = async (stream: DeviceStream): Promise<void> => {
    for (let count = 0; count < PIECES; count += 1) await stream.write(PIECE);
    await stream.end();
  };
  await nas.serve('sink', sink, { allow: 'paired' });
  await nas.serve('source', source, { allow: 'paired' });
  return { laptop, nas, device: laptop.device('nas'), hashes };
};

/** Whether there is a TCP connection with the only other device, or why not, as the status says it. */
const tcpOf = async (host: Host) =>
  (await host.status()).peers.map(({ tcp, tcpAbsence }) => tcpAbsence ?? tcp !== null);

/** What went between the host and the only other device. */
const bytesOf = async (host: Host) => {
  const [peer] = (await host.status()).peers;
  if (peer === undefined) throw new Error('no device is paired');
  return peer.bytes;
};

const transportsOf = async (host: Host) => (await host.streams()).map(({ transport }) => transport);

/** Resolves once a stream of the host is on this transport; what is sent meanwhile goes on. */
const isOn = async (host: Host, transport: 'quic' | 'tcp', signal: AbortSignal): Promise<void> => {
  while (!(await transportsOf(host)).includes(transport)) {
    signal.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe('streams that carry much', () => {
  it('move to TCP, outlive its death on either side, have it again on the next link, and arrive byte for byte both ways', async () => {
    const { laptop, nas, device, hashes } = await twoHosts(KILLABLE, KILLABLE);
    await expect.poll(() => tcpOf(laptop)).toEqual(['notNeeded']);
    const stream = await device.open('sink');
    const ended = new AbortController();
    const faults = (async () => {
      for (const kill of [
        () => killWorker(laptop, 'tcp-transport'),
        () => killWorker(nas, 'tcp-transport'),
        () => killWorker(nas, 'endpoint'),
      ]) {
        await isOn(laptop, 'tcp', ended.signal);
        await kill();
      }
      await isOn(laptop, 'tcp', ended.signal);
      // The stream may still have been on the connection of the link that was lost.
      await expect.poll(() => tcpOf(laptop)).toEqual([true]);
    })();
    const hash = createHash('sha256');
    let isDone = false;
    void faults.finally(() => {
      isDone = true;
    });
    // As long as the faults take, and then a little more.
    for (let count = 0; count < PIECES || !isDone; count += 1) {
      hash.update(PIECE);
      await stream.write(PIECE);
    }
    await faults;
    await stream.end();
    ended.abort();
    expect(await hashes[0]).toBe(hash.digest('hex'));
    // And the other way, where it is the acceptor that has much to say.
    expect(await hashAll(await device.open('source'))).toBe(EXPECTED);
    // Counted once, whichever carried them, and whoever died before.
    const { direct, relayed } = await bytesOf(laptop);
    expect(direct.receivedBytes).toBeGreaterThan(PIECES * PIECE.byteLength);
    expect(direct.receivedBytes).toBeLessThan(2 * PIECES * PIECE.byteLength);
    expect(relayed).toEqual({ sentBytes: 0, receivedBytes: 0 });
  });

  it('stay on QUIC where one of the two is told to, which listens nowhere then', async () => {
    const { laptop, nas, device, hashes } = await twoHosts({}, { tcp: false });
    const stream = await device.open('sink');
    const seen = new Set<string | null>();
    for (let count = 0; count < 3; count += 1) {
      await stream.write(PIECE);
      for (const transport of [...(await transportsOf(laptop)), ...(await transportsOf(nas))]) seen.add(transport);
    }
    await stream.end();
    await hashes[0];
    expect([...seen]).toEqual(['quic']);
    const [sent, received] = [(await bytesOf(laptop)).direct.sentBytes, (await bytesOf(nas)).direct.receivedBytes];
    for (const bytes of [sent, received]) {
      expect(bytes).toBeGreaterThan(3 * PIECE.byteLength);
      expect(bytes).toBeLessThan(6 * PIECE.byteLength);
    }
    await expect.poll(() => tcpOf(laptop)).toEqual(['offThere']);
    expect(await tcpOf(nas)).toEqual(['offHere']);
    expect((await nas.status()).network.tcp).toEqual({ reach: 'off', listeningAt: [] });
  });
});
