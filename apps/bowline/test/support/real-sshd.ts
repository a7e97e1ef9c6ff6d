import { type ChildProcess, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { PROGRAM_FILE } from '../../src/program-file.ts';

const SSH_KEYGEN = '/usr/bin/ssh-keygen';

/** Debian's openssh-server; `undefined` where it is not installed. */
export const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((path) => existsSync(path));

/** Makes the keys of a server and of the one user it lets in, in `folder`. */
export const makeSshKeys = (folder: string): void => {
  // Where sshd gives up its privileges, which is there once the system has started it.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  for (const name of ['host-key', 'user-key']) {
    const made = spawnSync(SSH_KEYGEN, ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    expect([made.status, made.stderr.toString()]).toEqual([0, '']);
  }
  copyFileSync(join(folder, 'user-key.pub'), join(folder, 'authorized'));
};

/** Arguments of an sshd in the foreground that listens on loopback, with the keys in `folder`. */
export const sshdArguments = (folder: string, port: number): readonly string[] => {
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host-key')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized')}`,
    'StrictModes no',
    'UsePAM no',
    `PidFile ${join(folder, 'sshd.pid')}`,
  ];
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
  return ['-D', '-e', '-f', join(folder, 'sshd_config')];
};

/** Resolves with `null` once it listens at the port, else with what it said before it ended. */
export const whyNotListening = (sshd: ChildProcess, port: number): Promise<string | null> =>
  new Promise((resolve) => {
    let said = '';
    sshd.on('error', (error) => resolve(said + error.message));
    sshd.on('close', () => resolve(said));
    sshd.stderr?.on('data', (data: Buffer) => {
      said += data.toString();
      if (said.includes(`port ${port}.`) && said.includes('listening')) resolve(null);
    });
  });

/** Arguments of an ssh to the service `ssh` of `nas`, by the device in `dataDir`. Where nothing comes for half a minute, it ends. */
export const sshArguments = (folder: string, dataDir: string): readonly string[] => {
  const options = {
    ProxyCommand: `${process.execPath} ${PROGRAM_FILE} connect nas ssh --data-dir ${dataDir}`,
    StrictHostKeyChecking: 'no',
    UserKnownHostsFile: '/dev/null',
    IdentityFile: join(folder, 'user-key'),
    BatchMode: 'yes',
    ConnectTimeout: '30',
    ServerAliveInterval: '10',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
};
