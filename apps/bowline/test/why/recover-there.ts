import type { LabHost } from '@bowline/testing/network-lab';
import type { PairInLab } from './pair-in-lab.ts';

/** Ends what befell the other device: starts it, wakes it, plugs it in; each until both say that they are connected. */
export const recoverThere = ({ there, connected }: PairInLab, phone: LabHost) => ({
  start: async (): Promise<void> => {
    await there.up();
    await connected();
  },
  wake: async (): Promise<void> => {
    await phone.signalAll('SIGCONT');
    await connected();
  },
  plug: async (): Promise<void> => {
    await phone.plug();
    await connected();
  },
});
