/**
 * How fast files get from one device to another: `npm run bench push -- [--rounds 3] [--mebibytes 1024] [--files 10000]
 * [--kibibytes 4] [--network loopback|cable|100mbit|lossy] [--wormhole PATH] [--croc PATH]`. All networks but `loopback` take
 * Linux and root: two hosts on a switch, one of 100 Mbit/s (`--mebibytes 128` does), and one 50 ms away that loses 1 % (32 do).
 *
 * One large file, then a folder of small ones, in turns so that all see the same machine: `ours` is a push
 * between two hosts, `quic` the same without TCP (a sixteenth of the large file, since it is that much slower), `tls` is
 * `node:tls` with the reading, hashing, writing and one fsync that a push cannot do without, `scp` is to an sshd of this
 * bench, where there is one, `wormhole` and `croc` are those of the paths, with servers of their own; every kind is sent other bytes
 * each time, since a push sends nothing twice. Prints one JSON object of medians: MB/s, milliseconds of CPU a MB of each side with
 * all its processes, and the memory that each side had beyond what it had idle. Of small files: how many a second. A push is
 * over when the file is on the disk, and theirs when it is in the memory of the system: of them there is a second figure, `onDisk`,
 * in which the fsync that follows counts, too.
 */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BenchNetwork, type BenchSide, benchNetwork, NETWORK_NAMES } from './push/bench-network.ts';
import { type LocalSshd, localSshd } from './push/local-sshd.ts';
import { type CodeTool, crocTool, wormholeTool } from './push/other-tools.ts';
import type { FileTask } from './push/peer-messages.ts';
import { spawnAt } from './push/run-within.ts';
import { cpuMsOf } from './streams/measured-peer.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    mebibytes: { type: 'string', default: '1024' },
    files: { type: 'string', default: '10000' },
    kibibytes: { type: 'string', default: '4' },
    network: { type: 'string', default: 'loopback' },
    wormhole: { type: 'string' },
    croc: { type: 'string' },
  },
});
const MEBIBYTE = 1_048_576;
const LARGE_BYTES = Number(values.mebibytes) * MEBIBYTE;
const QUIC_SHARE = 16;
const SMALL_FILES = Number(values.files);
const SMALL_BYTES = Number(values.kibibytes) * 1_024;
const FILES_IN_FOLDER = 500;
const MEMORY_LOOK_MS = 50;
const networkName = NETWORK_NAMES.find((name) => name === values.network);
if (networkName === undefined) throw new RangeError(`--network must be one of ${NETWORK_NAMES.join(', ')}`);

const folder = mkdtempSync(join(tmpdir(), 'bowline-bench-'));
const children: ChildProcess[] = [];
let tasks = 0;

/** Two peers, and the processes of each side. */
interface Pair {
  readonly sender: ChildProcess;
  readonly pids: readonly [sender: readonly number[], receiver: readonly number[]];
}

const start = async (
  side: BenchSide,
  program: string,
  args: readonly string[],
): Promise<{ child: ChildProcess; address: unknown }> => {
  const command = [process.execPath, ...process.execArgv, fileURLToPath(new URL(program, import.meta.url)), ...args];
  const child = spawnAt(side, command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  children.push(child);
  const [{ address }] = (await once(child, 'message')) as [{ readonly address: unknown }];
  return { child, address };
};

const ask = async <T>(child: ChildProcess, task: Omit<FileTask, 'id'>): Promise<T> => {
  tasks += 1;
  const id = tasks;
  child.send({ ...task, id });
  for (;;) {
    const [answer] = (await once(child, 'message')) as [
      { readonly id?: number; readonly result: T; readonly error?: string },
    ];
    if (answer.id !== id) continue;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  }
};

const pairOf = async (receiver: ChildProcess, sender: ChildProcess): Promise<Pair> => ({
  sender,
  pids: [await ask<number[]>(sender, { name: 'pids' }), await ask<number[]>(receiver, { name: 'pids' })],
});

const newFolder = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
};

const hosts = async (network: BenchNetwork, transport: 'tcp' | 'quic'): Promise<Pair> => {
  const receiver = await start(network.receiver, './push/bowline-peer.ts', [
    'receiver',
    newFolder(`${transport}-receiver`),
    newFolder(`${transport}-received`),
    transport,
    network.receiver.address,
  ]);
  const sender = await start(network.sender, './push/bowline-peer.ts', [
    'sender',
    newFolder(`${transport}-sender`),
    String(receiver.address),
    transport,
    network.sender.address,
  ]);
  return pairOf(receiver.child, sender.child);
};

const bareTls = async ({ sender: from, receiver: to }: BenchNetwork): Promise<Pair> => {
  const receiver = await start(to, './push/tls-peer.ts', ['receiver', newFolder('tls-received'), to.address]);
  const sender = await start(from, './push/tls-peer.ts', ['sender', String(receiver.address)]);
  return pairOf(receiver.child, sender.child);
};

let made = 0;

/** A file of bytes that nobody has seen. */
const writeLarge = (name: string, sizeBytes: number): string => {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  const piece = randomBytes(MEBIBYTE);
  for (let at = 0; at < sizeBytes; at += piece.byteLength) {
    piece.writeDoubleBE(Math.random(), 0);
    writeSync(file, piece, 0, Math.min(piece.byteLength, sizeBytes - at));
  }
  closeSync(file);
  return path;
};

/**
 * The file to send. As much memory as its copy takes was in use just before: on a virtual machine, what the host has to give it
 * first costs whoever writes 2 ms of CPU a MB, which is more than all the rest.
 */
const largeFile = (sizeBytes: number): string => {
  made += 1;
  const path = writeLarge(`large-${made}`, sizeBytes);
  rmSync(writeLarge('memory', sizeBytes));
  return path;
};

const smallFiles = (): string => {
  made += 1;
  const path = newFolder(`small-${made}`);
  for (let count = 0; count < SMALL_FILES; count += 1) {
    const within = join(path, `folder-${Math.floor(count / FILES_IN_FOLDER)}`);
    if (count % FILES_IN_FOLDER === 0) mkdirSync(within);
    writeFileSync(join(within, `file-${count}`), randomBytes(SMALL_BYTES));
  }
  return path;
};

const memoryOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const [, kibibytes = '0'] = /^VmRSS:\s+([0-9]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return sum + Number(kibibytes) / 1_024;
  }, 0);

const median = (numbers: readonly number[]): number =>
  Number((numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN).toFixed(2));

interface Figures {
  readonly megabytesPerSecond: number;
  readonly senderCpuMsPerMegabyte: number;
  readonly receiverCpuMsPerMegabyte: number;
  readonly senderMebibytes: number;
  readonly receiverMebibytes: number;
}

const measure = async ({ sender, pids }: Pair, sizeBytes: number): Promise<Figures> => {
  const path = largeFile(sizeBytes);
  const idle = pids.map(memoryOf);
  const most = [...idle];
  const look = setInterval(() => {
    for (const [side, own] of pids.entries()) most[side] = Math.max(most[side] ?? 0, memoryOf(own));
  }, MEMORY_LOOK_MS);
  const before = pids.map(cpuMsOf);
  const startedAtMs = performance.now();
  await ask(sender, { name: 'send', paths: [path] });
  const elapsedMs = performance.now() - startedAtMs;
  clearInterval(look);
  rmSync(path);
  const megabytes = sizeBytes / 1e6;
  const [senderCpu = 0, receiverCpu = 0] = pids.map((own, side) => (cpuMsOf(own) - (before[side] ?? 0)) / megabytes);
  const [senderMemory = 0, receiverMemory = 0] = most.map((mebibytes, side) => mebibytes - (idle[side] ?? 0));
  return {
    megabytesPerSecond: (megabytes * 1_000) / elapsedMs,
    senderCpuMsPerMegabyte: senderCpu,
    receiverCpuMsPerMegabyte: receiverCpu,
    senderMebibytes: senderMemory,
    receiverMebibytes: receiverMemory,
  };
};

const mediansOf = <T extends { readonly [Name in keyof T]: number }>(rounds: readonly T[]): T => {
  const names = Object.keys(rounds[0] ?? {}) as (keyof T & string)[];
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name]))])) as T;
};

/** How long it takes, seconds. */
const secondsOf = async (copy: () => Promise<void>): Promise<number> => {
  const startedAtMs = performance.now();
  await copy();
  return (performance.now() - startedAtMs) / 1_000;
};

const putOnDisk = async (path: string): Promise<void> => {
  await using file = await open(path, 'r+');
  await file.sync();
};

/** How fast another program was, MB/s. */
interface OtherRate {
  readonly megabytesPerSecond: number;
  readonly onDisk: number;
}

const network = await benchNetwork(networkName);
let sshd: LocalSshd | null = null;
const codeTools: (readonly ['wormhole' | 'croc', CodeTool])[] = [];
try {
  sshd = await localSshd(newFolder('ssh'), network);
  if (values.wormhole !== undefined)
    codeTools.push(['wormhole', await wormholeTool(values.wormhole, network, newFolder('mailbox'))]);
  if (values.croc !== undefined) codeTools.push(['croc', await crocTool(values.croc, network)]);
  const [ours, quic, tls] = [await hosts(network, 'tcp'), await hosts(network, 'quic'), await bareTls(network)];
  const large: Record<'ours' | 'quic' | 'tls', Figures[]> = { ours: [], quic: [], tls: [] };
  const otherRates: Record<'scp' | 'wormhole' | 'croc', OtherRate[]> = { scp: [], wormhole: [], croc: [] };
  const small: Record<'ours' | 'scp', number[]> = { ours: [], scp: [] };
  for (let round = 0; round < Number(values.rounds); round += 1) {
    large.ours.push(await measure(ours, LARGE_BYTES));
    large.quic.push(await measure(quic, LARGE_BYTES / QUIC_SHARE));
    large.tls.push(await measure(tls, LARGE_BYTES));
    const copies: (readonly ['scp' | 'wormhole' | 'croc', (path: string, to: string) => Promise<number>])[] = [
      ['scp', (path, to) => secondsOf(async () => sshd?.copy([path], to))],
      ...codeTools.map(([name, tool]) => [name, tool.copy] as const),
    ];
    for (const [name, copy] of copies) {
      if (name === 'scp' && sshd === null) continue;
      const [path, to] = [largeFile(LARGE_BYTES), newFolder(`${name}-${round}`)];
      const copySeconds = await copy(path, to);
      const syncSeconds = await secondsOf(() => putOnDisk(join(to, basename(path))));
      const megabytes = LARGE_BYTES / 1e6;
      otherRates[name].push({
        megabytesPerSecond: megabytes / copySeconds,
        onDisk: megabytes / (copySeconds + syncSeconds),
      });
      rmSync(path);
      rmSync(to, { recursive: true });
    }
  }
  for (let round = 0; SMALL_FILES > 0 && round < Number(values.rounds); round += 1) {
    const own = smallFiles();
    small.ours.push(SMALL_FILES / (await secondsOf(() => ask(ours.sender, { name: 'send', paths: [own] }))));
    if (sshd === null) continue;
    const [path, to] = [smallFiles(), newFolder(`scp-small-${round}`)];
    small.scp.push(SMALL_FILES / (await secondsOf(async () => sshd?.copy([path], to))));
  }
  const figures = { ours: mediansOf(large.ours), quic: mediansOf(large.quic), tls: mediansOf(large.tls) };
  const ratioTo = (other: number): number => Number((figures.ours.megabytesPerSecond / other).toFixed(2));
  const others = Object.entries(otherRates).map(
    ([name, rates]) => [name, rates.length === 0 ? null : mediansOf(rates)] as const,
  );
  const report = {
    network: networkName,
    large: {
      ...figures,
      ...Object.fromEntries(others),
    },
    ratio: {
      tls: ratioTo(figures.tls.megabytesPerSecond),
      quic: ratioTo(figures.quic.megabytesPerSecond),
      ...Object.fromEntries(
        others.map(([name, rate]) => [name, rate === null ? null : ratioTo(rate.megabytesPerSecond)]),
      ),
    },
    ratioOnDisk: Object.fromEntries(others.map(([name, rate]) => [name, rate === null ? null : ratioTo(rate.onDisk)])),
    smallFilesPerSecond:
      SMALL_FILES === 0 ? null : { ours: median(small.ours), scp: sshd === null ? null : median(small.scp) },
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
} finally {
  const gone = children.filter(({ exitCode }) => exitCode === null).map((child) => once(child, 'exit'));
  // A peer ends with its channel, and a host takes its workers with it.
  for (const child of children) if (child.connected) child.disconnect();
  await Promise.all([...gone, sshd?.end(), ...codeTools.map(([, tool]) => tool.end())]);
  await network[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}
