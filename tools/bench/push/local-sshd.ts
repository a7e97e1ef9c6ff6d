import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { BenchNetwork } from './bench-network.ts';
import { ended, said, spawnAt } from './run-within.ts';

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((path) => existsSync(path));

/** An sshd beside the receiver with keys of its own, and `scp` to it from the sender. */
export interface LocalSshd {
  copy(paths: readonly string[], folder: string): Promise<void>;
  end(): Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
};

/** `null` where there is no sshd. */
export const localSshd = async (folder: string, { sender, receiver }: BenchNetwork): Promise<LocalSshd | null> => {
  if (SSHD === undefined || !existsSync('/usr/bin/scp')) return null;
  // Where it gives up its privileges, which is there once the system has started it.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  for (const name of ['host-key', 'user-key']) {
    execFileSync('/usr/bin/ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  }
  copyFileSync(join(folder, 'user-key.pub'), join(folder, 'authorized'));
  const port = await freePort();
  const config = {
    Port: port,
    ListenAddress: receiver.address,
    HostKey: join(folder, 'host-key'),
    AuthorizedKeysFile: join(folder, 'authorized'),
    StrictModes: 'no',
    UsePAM: 'no',
    PidFile: join(folder, 'sshd.pid'),
    Subsystem: 'sftp internal-sftp',
  };
  const file = join(folder, 'sshd_config');
  writeFileSync(
    file,
    `${Object.entries(config)
      .map(([name, value]) => `${name} ${value}`)
      .join('\n')}\n`,
  );
  const sshd = spawnAt(receiver, [SSHD, '-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  await said(sshd, 'listening');
  const options = {
    StrictHostKeyChecking: 'no',
    UserKnownHostsFile: '/dev/null',
    IdentityFile: join(folder, 'user-key'),
    BatchMode: 'yes',
    LogLevel: 'ERROR',
  };
  const given = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return {
    copy: async (paths, to) => {
      const target = `${process.env.USER ?? 'root'}@${receiver.address}:${to}`;
      const scp = ['/usr/bin/scp', '-q', '-r', '-P', String(port), ...given, ...paths, target];
      await ended(spawnAt(sender, scp, { stdio: 'inherit' }));
    },
    end: async () => {
      if (sshd.exitCode !== null) return;
      const gone = once(sshd, 'exit');
      sshd.kill();
      await gone;
    },
  };
};
