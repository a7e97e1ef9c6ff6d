import type { ConnectionPath } from './addresses.ts';

/** Whether two paths are the same way to the other side; round trips do not count. */
export const isSamePath = (one: ConnectionPath | null, other: ConnectionPath | null): boolean =>
  one?.kind === other?.kind && one?.remoteAddress === other?.remoteAddress;
