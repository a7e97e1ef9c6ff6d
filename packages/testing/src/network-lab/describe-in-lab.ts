import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';
import { LabUnavailableError } from './errors.ts';

/** Programs every room is built with, and the Debian package each comes from. */
const TOOLS = { ip: 'iproute2', nft: 'nftables' } as const;

/** What a group of tests needs beyond the tools of the lab itself: programs, each with the package it comes from. */
export type FurtherTools = Readonly<Record<string, string>>;

/** Why rooms cannot be built on this machine, or `null` when they can. */
export const whyNoLab = (further: FurtherTools = {}): string | null => {
  if (process.platform !== 'linux') return 'network namespaces are a feature of Linux';
  if (process.getuid?.() !== 0) return 'it takes root to add network namespaces';
  for (const [tool, origin] of Object.entries({ ...TOOLS, ...further })) {
    if (!isInstalled(tool)) return `\`${tool}\` is missing (apt-get install ${origin})`;
  }
  const { status, stderr } = spawnSync('unshare', ['--net', 'true'], { encoding: 'utf8' });
  return status === 0 ? null : `this root may not add network namespaces (${stderr.trim()})`;
};

/**
 * `describe` for tests that need real networks. Where none can be built they are skipped, and their name says why; in
 * continuous integration (`CI` is set) they fail instead, so that nobody takes a skip for a pass.
 */
export const describeInLab = (name: string, body: () => void, further: FurtherTools = {}): void => {
  const reason = whyNoLab(further);
  if (reason === null) describe(name, body);
  else if (process.env.CI) throw new LabUnavailableError(reason);
  else describe.skip(`${name} (skipped: ${reason})`, body);
};

const isInstalled = (tool: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, tool)));

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
