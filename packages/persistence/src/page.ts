import { z } from 'zod';

/** Most bytes in one answer: half of the longest line a worker may write as JSON, which leaves room for what is around them. */
export const MAX_PAGE_BYTES = 4_194_304;

/** Most rows that may be asked for at once. */
export const pageLimit = z.int().min(1).max(1_000);
