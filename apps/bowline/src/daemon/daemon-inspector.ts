import { BowlineError } from '@bowline/contracts';
import type { Host } from '@bowline/host';
import type { Inspector } from '@bowline/inspector';

/** Whether this daemon serves the inspector: from its start on a port, not at all, or (`null`) once somebody asks. */
export type InspectorChoice = number | 'off' | null;

/** The inspector of a daemon: started when it is wanted first. */
export interface DaemonInspector {
  /** Where it listens; `null` while nobody has asked for it. */
  readonly url: string | null;
  /** Starts it where that was asked for. */
  start(): Promise<void>;
  /** An address that opens it once, within a minute. A secret. Rejects with `INSPECTOR_OFF`. */
  open(): Promise<string>;
  stop(): Promise<void>;
}

const refuse = (): never => {
  throw new BowlineError({
    code: 'INSPECTOR_OFF',
    message: 'This daemon was started without the inspector; start it again without "--inspector off".',
  });
};

/** @param command what begins a command for this device, as the page offers to copy one; `null`: none */
export const daemonInspector = (
  host: Pick<Host, 'inspector'>,
  choice: InspectorChoice,
  command: string | null = null,
): DaemonInspector => {
  let starting: Promise<Inspector> | null = null;
  let started: Inspector | null = null;

  const begin = async (port: number): Promise<Inspector> => {
    started = await host.inspector({ port, command });
    return started;
  };

  const ensure = async (): Promise<Inspector> => {
    starting ??= begin(typeof choice === 'number' ? choice : 0);
    try {
      return await starting;
    } catch (error) {
      starting = null;
      throw error;
    }
  };

  return {
    get url() {
      return started?.url ?? null;
    },
    start: async () => {
      if (typeof choice === 'number') await ensure();
    },
    open: async () => (choice === 'off' ? refuse() : (await ensure()).openUrl()),
    stop: async () => {
      await starting?.catch(() => undefined);
      await started?.stop();
    },
  };
};
