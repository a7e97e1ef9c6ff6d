import { type StoreArrangement, storeConformance } from '@bowline/testing';
import { freshDataDir, startedStoreIn } from './data-dirs.ts';

const openIn = async (dataDir: string): Promise<StoreArrangement> => {
  const { actor, client, clock } = await startedStoreIn(dataDir);
  return {
    client,
    clock,
    restart: async () => {
      await actor.stop();
      return openIn(dataDir);
    },
  };
};

storeConformance({ name: 'the store on disk', open: () => openIn(freshDataDir()) });
