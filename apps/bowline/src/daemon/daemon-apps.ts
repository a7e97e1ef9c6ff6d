import type { Cancel } from '@bowline/contracts';
import type { Host } from '@bowline/host';
import { type MessageTurns, messageTurns } from './message-turns.ts';

/** What the clients of one daemon share. */
export interface DaemonApps {
  readonly turns: MessageTurns;
  /** A client changed what others look at: what is served or received, or a name. */
  noteChange(): void;
  onChange(listener: () => void): Cancel;
}

export const daemonApps = (host: Host): DaemonApps => {
  const listeners = new Set<() => void>();
  return {
    turns: messageTurns(host),
    noteChange: () => {
      for (const listener of [...listeners]) listener();
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
};
