import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { type Namespace, signalProcess } from './namespace.ts';
import { runTool } from './run-tool.ts';

/** A machine of a room, as far as its network is concerned; files, users and processes are those of this machine. */
export interface LabHost {
  readonly name: string;
  /** Its address, in the network it is in. */
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
  /** Carries the other end of its cable elsewhere; the interface loses its address, and gets what `connect` gives it. For rooms. */
  movePlug(to: Plug, connect: (host: Namespace) => Promise<void>): Promise<void>;
}

/** Where a host is plugged in: the other end of its cable, and its address there with the length of the prefix. */
export interface Plug {
  readonly at: Namespace;
  readonly interfaceName: string;
  readonly network: string;
}

export const labHost = (name: string, namespace: Namespace, first: Plug): LabHost => {
  let port = first;
  const [command = '', ...rest] = namespace.within;
  const setPort = async (state: 'up' | 'down'): Promise<void> => {
    await port.at.script(`ip link set dev ${port.interfaceName} ${state}`);
  };
  return {
    name,
    get address() {
      return port.network.split('/')[0] ?? '';
    },
    within: namespace.within,
    run: (tool, ...args) => runTool(command, [...rest, tool, ...args]),
    spawn: (tool, args, options = {}) => spawn(command, [...rest, tool, ...args], options),
    processIds: namespace.processIds,
    signalAll: async (signal) => {
      for (const pid of await namespace.processIds()) signalProcess(pid, signal);
    },
    unplug: () => setPort('down'),
    plug: async () => {
      await setPort('up');
      await port.at.script(untilForwarding(port.interfaceName));
    },
    movePlug: async (to, connect) => {
      await port.at.script(`ip link set dev ${port.interfaceName} netns ${to.at.name}`);
      await namespace.script('ip address flush dev eth0');
      port = to;
      await connect(namespace);
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
