import { whyNoLab } from '@bowline/testing/network-lab';
import { bundleSources } from '../bundle-program.ts';

/** Has all daemons and relays started from a bundle of the sources, as they are where they are installed. @throws when no network can be built here */
export const prepareLabs = async (): Promise<void> => {
  const reason = whyNoLab({ python3: 'python3-minimal' });
  if (reason !== null) throw new Error(`networks cannot be built here: ${reason}`);
  await bundleSources();
  process.env.BOWLINE_PROGRAM = 'bundled';
};
