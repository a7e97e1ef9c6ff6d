import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { type Namespace, signalProcess } from './namespace.ts';
import { runTool } from './run-tool.ts';

/** A machine of a room, as far as its network is concerned; files, users and processes are those of this machine. */
export interface LabHost {
  readonly name: string;
  /** Its IPv4 address, in its own network. */
  readonly address: string;
  /** What to put before a command so that it runs on this host, for whoever starts processes on his own. */
  readonly within: readonly string[];
  /** Runs a command to its end and gives its standard output. @throws LAB_COMMAND_FAILED unless it exits with 0 */
  run(command: string, ...args: readonly string[]): Promise<string>;
  /** Starts a command; the process id is the command's own. It ends with the room at the latest. */
  spawn(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Everything that runs on this host. */
  processIds(): Promise<readonly number[]>;
  /** Signals everything that runs on this host: SIGSTOP and SIGCONT are a lid that closes and opens. */
  signalAll(signal: NodeJS.Signals): Promise<void>;
  /** Pulls the cable: the interface keeps its address and loses its carrier. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
}

/** The other end of a host's cable. */
export interface SwitchPort {
  readonly at: Namespace;
  readonly interfaceName: string;
}

export const labHost = (name: string, address: string, namespace: Namespace, port: SwitchPort): LabHost => {
  const [first = '', ...rest] = namespace.within;
  const setPort = async (state: 'up' | 'down'): Promise<void> => {
    await port.at.script(`ip link set dev ${port.interfaceName} ${state}`);
  };
  return {
    name,
    address,
    within: namespace.within,
    run: (command, ...args) => runTool(first, [...rest, command, ...args]),
    spawn: (command, args, options = {}) => spawn(first, [...rest, command, ...args], options),
    processIds: namespace.processIds,
    signalAll: async (signal) => {
      for (const pid of await namespace.processIds()) signalProcess(pid, signal);
    },
    unplug: () => setPort('down'),
    plug: async () => {
      await setPort('up');
      await port.at.script(untilForwarding(port.interfaceName));
    },
  };
};

/**
 * A switch forwards on a port some time after the port is up, and what is sent meanwhile, the question for a hardware
 * address above all, is lost. `3` is the kernel's word for forwarding (`BR_STATE_FORWARDING`); at most 5 s.
 */
const untilForwarding = (interfaceName: string): string => `
for poll in $(seq 500); do
  [ "$(cat /sys/class/net/${interfaceName}/brport/state)" = 3 ] && exit 0
  sleep 0.01
done
exit 1`;
