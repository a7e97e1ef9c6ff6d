import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describeInLab, oneLan } from '@bowline/testing/network-lab';
import { expect, it, onTestFinished, vi } from 'vitest';
import { childCommand } from '../src/demo/child-command.ts';
import { conversationWith, pairedOn, untilTestEnds } from './lab-devices.ts';
import { giveIpv6 } from './support/give-ipv6.ts';
import { type TestDevice, temporaryFolder } from './two-devices.ts';

/** What is written every few milliseconds: more than QUIC takes on a machine that does much else. */
const PIECE_BYTES = 65_536;
const EVERY_MS = 10;

/** So many bytes after a fault say that they flow. */
const FLOWING_BYTES = 500_000;

/** Rules of a switch that lets TCP pass over one kind of address alone, or over none. */
const PASSING = {
  ipv4: 'ether type ip6 meta l4proto tcp drop',
  linkLocal: 'ip6 saddr fe80::/10 accept; meta l4proto tcp drop',
  public: 'ip6 saddr 2001:db8::/32 accept; meta l4proto tcp drop',
  none: 'meta l4proto tcp drop',
} as const;
type Passing = keyof typeof PASSING;

const RESETS =
  "nft 'table inet resets { chain in { type filter hook input priority 0; meta l4proto tcp reject with tcp reset; }; }'";

/** Bytes that are written to a service of the other device all the time, and how they arrive there. */
const flowOfBytes = async (from: TestDevice, to: TestDevice, folder: string) => {
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const [served, local] = [join(folder, 'sink.sock'), join(folder, 'local.sock')];
  const ended = Promise.withResolvers<void>();
  const looking = new Set<() => void>();
  let receivedBytes = 0;
  let atMs = performance.now();
  let longestGapMs = 0;
  const server = createServer((socket) => {
    socket.on('data', (bytes) => {
      received.update(bytes);
      receivedBytes += bytes.byteLength;
      longestGapMs = Math.max(longestGapMs, performance.now() - atMs);
      atMs = performance.now();
      for (const look of [...looking]) look();
    });
    socket.on('end', ended.resolve);
    socket.on('error', ended.reject);
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(served, resolve));
  await to.run('serve', 'sink', served, '--to-all');
  const command = childCommand(['connect', 'nas', 'sink', '--socket', local, '--data-dir', from.dataDir]);
  onTestFinished(() => command.end());
  await command.line(({ event }) => event === 'listening');
  const socket = connect(local);
  await once(socket, 'connect');
  const timer = setInterval(() => {
    if (socket.writableNeedDrain) return;
    const piece = randomBytes(PIECE_BYTES);
    sent.update(piece);
    socket.write(piece);
  }, EVERY_MS);
  onTestFinished(() => {
    clearInterval(timer);
    socket.destroy();
  });
  return {
    /** Resolves when so many bytes more have come. */
    more: (count: number): Promise<void> =>
      new Promise((resolve) => {
        const until = receivedBytes + count;
        const look = (): void => {
          if (receivedBytes < until) return;
          looking.delete(look);
          resolve();
        };
        looking.add(look);
      }),
    /** The longest time without a byte since this was asked last, milliseconds. */
    takeLongestGapMs: (): number => {
      const gapMs = longestGapMs;
      longestGapMs = 0;
      return gapMs;
    },
    /** Ends it, and gives the hashes of what was sent and of what came. */
    end: async (): Promise<readonly [sent: string, received: string]> => {
      clearInterval(timer);
      socket.end();
      await ended.promise;
      return [sent.digest('hex'), received.digest('hex')];
    },
  };
};

describeInLab('TCP between two devices, over IPv4, link-local and public addresses', () => {
  vi.setConfig({ testTimeout: 120_000 });

  it('may be cut in any way: bytes go on over QUIC, later over TCP again, and none is lost', async () => {
    const { room, laptop: here, nas: there } = await oneLan(['laptop', 'nas']).then(untilTestEnds);
    await Promise.all([giveIpv6(here, { address: '2001:db8:77::1' }), giveIpv6(there, { address: '2001:db8:77::2' })]);
    const pass = (passing: Passing): Promise<string> =>
      room.atRouter(
        0,
        `nft 'table bridge passing {}; delete table bridge passing
table bridge passing { chain between { type filter hook forward priority 0; ${PASSING[passing]}; }; }'`,
      );
    await pass('ipv4');
    const [laptop, nas] = await pairedOn([here, there], ['--relay', 'disabled', '--public-tcp']);
    const folder = temporaryFolder();
    const flow = await flowOfBytes(laptop, nas, folder);
    const atLaptop = await conversationWith(laptop);

    const untilTcpOver = async (own: string): Promise<void> => {
      const connections = () => here.run('ss', '-Htn', 'state', 'established');
      await expect.poll(connections, { timeout: 60_000, interval: 50 }).toContain(own);
    };
    const untilTcpIsGone = async (): Promise<void> => {
      const tcp = async () => (await atLaptop.request('status', {})).peers.map((peer) => peer.tcp);
      await expect.poll(tcp, { timeout: 30_000, interval: 20 }).toEqual([null]);
    };
    /** Cuts TCP, and waits until bytes flow without it. */
    const cutBy = async (fault: string, cut: () => Promise<unknown>): Promise<void> => {
      flow.takeLongestGapMs();
      await cut();
      await untilTcpIsGone();
      await flow.more(FLOWING_BYTES);
      console.info(`${fault}: ${flow.takeLongestGapMs().toFixed(0)} ms without a byte`);
    };
    /** @param own the address of this side's end of the next connection, or how it begins */
    const mendBy = async (next: Passing, own: string): Promise<void> => {
      const mendedAtMs = performance.now();
      await pass(next);
      await untilTcpOver(own);
      console.info(`over TCP again ${(performance.now() - mendedAtMs).toFixed(0)} ms after it could be`);
    };

    await untilTcpOver(here.address);
    await cutBy('IPv4, swallowed', () => pass('none'));
    await mendBy('linkLocal', '[fe80:');
    await cutBy('link-local, reset', async () => {
      const both = [here, there];
      await Promise.all(both.map((host) => host.run('sh', '-c', RESETS)));
      await untilTcpIsGone();
      await pass('none');
      await Promise.all(both.map((host) => host.run('nft', 'delete', 'table', 'inet', 'resets')));
    });
    await mendBy('public', '[2001:db8:77::1]');
    await cutBy('public, interface down, and up with another address', async () => {
      await here.run('sh', '-ec', 'ip link set eth0 down; ip link set eth0 up');
      await pass('none');
      await here.run('ip', 'address', 'add', '2001:db8:77::99/64', 'dev', 'eth0', 'nodad');
    });
    const [sent, received] = await flow.end();
    expect(received).toBe(sent);

    // Without TCP, so that it is not over before the daemon is killed.
    const [file, saved] = [join(folder, 'large'), join(folder, 'saved')];
    mkdirSync(saved);
    writeFileSync(file, randomBytes(100_000_000));
    await nas.run('receive', saved);
    const push = childCommand(['push', file, 'nas', '--data-dir', laptop.dataDir]);
    onTestFinished(() => push.end());
    await expect.poll(() => sizeOf(saved), { timeout: 60_000, interval: 10 }).toBeGreaterThan(4_000_000);
    nas.daemon().process.kill('SIGKILL');
    await nas.daemon().exitCode();
    await nas.up();
    await mendBy('public', '[2001:db8:77::99]');
    const last = await push.line(({ event }) => event === 'pushed' || event === 'failed');
    expect(last).toMatchObject({ event: 'pushed', files: 1, bytes: 100_000_000 });
    expect(readFileSync(join(saved, 'large')).equals(readFileSync(file))).toBe(true);
  });
});

/** Bytes of all files in a folder, whole or not; asked of the disk, for nobody tells. */
const sizeOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => lstatSync(join(folder, path), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0);
