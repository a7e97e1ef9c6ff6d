import type { InspectedHost, Inspector, InspectorComponents, InspectorOptions } from '@bowline/inspector';
import { checkFields } from './check-fields.ts';
import { HostNotRunningError } from './errors.ts';

const INSPECTOR_OPTION_NAMES = {
  port: true,
  refreshMs: true,
  pageFolder: true,
  command: true,
} as const satisfies Record<keyof InspectorOptions, true>;

/** The inspectors that an app has mounted on one host; they end with it. */
export interface MountedInspectors {
  /** Serves one. Rejects with `HOST_NOT_RUNNING` where the host stops meanwhile. */
  mount(host: InspectedHost, options?: Partial<InspectorOptions>): Promise<Inspector>;
  /** Ends all there are; later ones can be mounted. */
  stop(): Promise<void>;
}

export const mountedInspectors = (components: InspectorComponents): MountedInspectors => {
  const mounted = new Set<Inspector>();
  let stops = 0;
  return {
    mount: async (host, options = {}) => {
      checkFields('inspector', options, INSPECTOR_OPTION_NAMES);
      const stopsBefore = stops;
      // Loaded only here: most devices are never looked at.
      const { inspector } = await import('@bowline/inspector');
      const created = inspector(options)(host, components);
      await created.start();
      if (stops !== stopsBefore) {
        await created.stop();
        throw new HostNotRunningError();
      }
      mounted.add(created);
      const stop = async (): Promise<void> => {
        mounted.delete(created);
        await created.stop();
      };
      return {
        get url() {
          return created.url;
        },
        openUrl: created.openUrl,
        start: async () => {
          if (stops !== stopsBefore) throw new HostNotRunningError();
          mounted.add(created);
          await created.start();
        },
        stop,
      };
    },
    stop: async () => {
      stops += 1;
      const ending = [...mounted];
      mounted.clear();
      await Promise.all(ending.map((each) => each.stop()));
    },
  };
};
