import { access, readFile } from 'node:fs/promises';

/** Reads one file; rejects where it cannot be read. */
type ReadFile = (path: string) => Promise<string>;

/** Where a firewall says, to whoever may not ask it, that it is switched on. */
const SIGNS: readonly {
  readonly name: string;
  readonly isOn: (read: ReadFile, exists: (path: string) => Promise<boolean>) => Promise<boolean>;
}[] = [
  {
    name: 'ufw',
    isOn: async (read) => /^\s*ENABLED\s*=\s*yes\s*$/im.test(await read('/etc/ufw/ufw.conf').catch(() => '')),
  },
  // systemd keeps a link for each unit that runs.
  { name: 'firewalld', isOn: (_, exists) => exists('/run/systemd/units/invocation:firewalld.service') },
  { name: 'nftables', isOn: (_, exists) => exists('/run/systemd/units/invocation:nftables.service') },
];

/** The system's files, which tests replace. */
interface FirewallComponents {
  readonly platform: NodeJS.Platform;
  readonly read: ReadFile;
  readonly exists: (path: string) => Promise<boolean>;
}

const SYSTEM: FirewallComponents = {
  platform: process.platform,
  read: (path) => readFile(path, 'utf8'),
  exists: (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
};

/** Firewalls that are switched on, as far as everybody may know; `null` on a system where it is not known how to look. */
export const findFirewalls = async ({
  platform,
  read,
  exists,
}: FirewallComponents = SYSTEM): Promise<readonly string[] | null> => {
  if (platform !== 'linux') return null;
  const on = await Promise.all(SIGNS.map(({ isOn }) => isOn(read, exists)));
  return SIGNS.filter((_, index) => on[index]).map(({ name }) => name);
};
