import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { MARK_BYTES } from '@bowline/push-protocol';

/** Tells one state of a file from another by what the file system says of it, without reading it. */
export const fileMark = ({ size, mtimeNs, ctimeNs }: BigIntStats): Buffer =>
  createHash('sha256').update(`${size} ${mtimeNs} ${ctimeNs}`).digest().subarray(0, MARK_BYTES);
