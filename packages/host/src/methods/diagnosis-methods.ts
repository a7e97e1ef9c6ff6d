import { checkExplainOptions } from '../call-options.ts';
import { explainDevice } from '../diagnosis/explain-device.ts';
import { readTimeline } from '../diagnosis/read-timeline.ts';
import { runChecks } from '../diagnosis/run-checks.ts';
import type { Host } from '../host.ts';
import type { RunningHost } from '../open-host.ts';
import { readStatus } from '../status.ts';

type DiagnosisMethods = Pick<
  Host,
  'status' | 'check' | 'explain' | 'timeline' | 'journal' | 'machines' | 'onTransition'
>;

export const diagnosisMethods = (now: () => RunningHost): DiagnosisMethods => ({
  status: () => readStatus(now().system),
  check: async () => runChecks(now().system),
  explain: async (deviceId, options = {}) => {
    checkExplainOptions(options);
    return explainDevice(now().system, deviceId, options.tryRemedies === true);
  },
  timeline: async (deviceId, { sinceMs }) => {
    const { system, composition } = now();
    await composition.saveTimeline();
    return readTimeline(system, deviceId, Math.max(0, Math.floor(sinceMs)));
  },
  machines: () => now().composition.machines.report(),
  onTransition: (listener) => now().composition.machines.onTransition(listener),
  journal: async (range) => (await now().system.parts.persistence.client.request('readJournal', range)).entries,
});
