import type { Transport } from '@bowline/channel';

/** A worker that was launched, whatever it runs in. */
export interface LaunchedWorker {
  readonly transport: Transport;
  /** Of a process; `null` for what runs in this one. */
  readonly pid: number | null;
  /** Resolves when nothing of it is left; never rejects. */
  readonly ended: Promise<void>;
  /** Asks it once more to end; a thread and an inline actor have no way to be asked but the channel. */
  terminate(): void;
  /** Ends it without asking. */
  kill(): void;
}
