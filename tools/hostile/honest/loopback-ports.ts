import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** In `/proc/net/tcp`, a socket that listens. */
const LISTENING = '0A';
/** 127.0.0.1, as it stands there. */
const LOOPBACK = '0100007F';

/** Sockets of a process, by inode; none where it has ended. */
const socketsOf = (pid: number): readonly string[] => {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.slice(1) ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
};

/** TCP ports on 127.0.0.1 at which these processes listen (Linux). */
export const loopbackPorts = (pids: readonly number[]): readonly number[] => {
  const own = new Set(pids.flatMap(socketsOf));
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  const ports = lines.flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [address, port = ''] = local.split(':');
    return address === LOOPBACK && state === LISTENING && own.has(inode) ? [Number.parseInt(port, 16)] : [];
  });
  return [...new Set(ports)];
};
