/** What a peer that moves files can be told, and answers. */
export interface FileTasks {
  /** Sends these files or folders, and resolves when the other side has them on its disk. */
  send(paths: readonly string[]): Promise<void>;
  /** Processes that work for this peer, its own included. */
  pids(): Promise<readonly number[]>;
}

/** Serves tasks to the process that started this one, and ends with it. */
export const serveFileTasks = (tasks: FileTasks): void => {
  process.once('disconnect', () => process.exit());
  process.on('message', async ({ id, name, paths = [] }: FileTask) => {
    try {
      process.send?.({ id, result: name === 'pids' ? await tasks.pids() : await tasks.send(paths) });
    } catch (error) {
      process.send?.({ id, error: String(error) });
    }
  });
};

export interface FileTask {
  readonly id: number;
  readonly name: keyof FileTasks;
  readonly paths?: readonly string[];
}
