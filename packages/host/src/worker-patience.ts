/** Longest wait for what one worker knows: one that hangs is left out, as one that is being restarted. */
export const WORKER_PATIENCE = Object.freeze({ deadlineMs: 1_000 });
