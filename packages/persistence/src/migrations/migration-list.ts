import { firstTables } from './0001-first-tables.ts';
import { relayTokens } from './0002-relay-tokens.ts';
import { checksums } from './0003-checksums.ts';
import { messages } from './0004-messages.ts';
import { timeline } from './0005-timeline.ts';
import { trust } from './0006-trust.ts';
import { presence } from './0007-presence.ts';
import type { Migration } from './migration.ts';

/** Every step, in order; the length of the list is the schema version this code writes. */
export const MIGRATIONS: readonly Migration[] = Object.freeze([
  firstTables,
  relayTokens,
  checksums,
  messages,
  timeline,
  trust,
  presence,
]);
