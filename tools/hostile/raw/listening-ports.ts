import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** State of a socket that listens, in the kernel's table. */
const LISTEN = '0A';

/** TCP ports on 127.0.0.1 on which processes listen; the kernel is asked what a scan would find. Linux only. */
export const listeningPorts = (pids: readonly number[]): readonly number[] => {
  const inodes = new Set(pids.flatMap(socketInodesOf));
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state, , , , , , inode]) => {
      const isLoopback = local?.startsWith('0100007F:') === true;
      return isLoopback && state === LISTEN && inodes.has(inode ?? '');
    })
    .map(([, local]) => Number.parseInt(local?.split(':')[1] ?? '', 16));
};

const socketInodesOf = (pid: number): readonly string[] => {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => inodeOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    // The process has ended.
    return [];
  }
};

const inodeOf = (path: string): readonly string[] => {
  try {
    const [, inode] = /^socket:\[([0-9]+)\]$/.exec(readlinkSync(path)) ?? [];
    return inode === undefined ? [] : [inode];
  } catch {
    // Closed between the listing and the look.
    return [];
  }
};
