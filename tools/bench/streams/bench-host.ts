import { createHost, type Host, type HostOptions } from '@bowline/host';

/** A host of a bench, on this machine alone unless it is bound elsewhere, with its key in a file. */
export interface BenchHost {
  readonly host: Host;
  /** The processes it consists of, this one first. */
  readonly pids: () => Promise<readonly number[]>;
}

/** Starts it. @param transport `tcp` where streams may go over TCP */
export const startBenchHost = async (
  options: Pick<HostOptions, 'dataDir' | 'name' | 'relay' | 'bind'>,
  transport: string,
): Promise<BenchHost> => {
  const host = createHost({ bind: ['127.0.0.1'], ...options, mdns: false, key: 'file', tcp: transport === 'tcp' });
  await host.start();
  return {
    host,
    pids: async () => {
      const { workers } = await host.status();
      return [process.pid, ...workers.flatMap(({ pid }) => (pid === null ? [] : [pid]))];
    },
  };
};
