import type { HostComponents, HostOptions } from '@bowline/host';

/**
 * The passphrase of a device that opens with one, or is to: asked for here, on behalf of a process that has no terminal.
 * `null` where none is needed.
 */
export const neededPassphrase = async (
  { dataDir, key }: HostOptions,
  { logger }: Pick<HostComponents, 'logger'>,
): Promise<string | null> => {
  if (typeof key !== 'object' || key.passphrase === undefined) return null;
  const { keyKindOf } = await import('@bowline/host');
  const stored = keyKindOf(dataDir, logger);
  return (stored ?? key.kind) === 'passphrase' ? key.passphrase({ isNew: stored === undefined }) : null;
};
