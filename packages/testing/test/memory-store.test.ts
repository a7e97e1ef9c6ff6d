import { deviceIdOf, endpointIdOf } from '@bowline/contracts';
import {
  actorHarness,
  emptyMemoryDisk,
  type MemoryDisk,
  memoryStore,
  type StoreArrangement,
  storeConformance,
} from '../src/index.ts';

const newDisk = (): MemoryDisk => {
  const secretKey = new Uint8Array(32).fill(1);
  const endpointId = endpointIdOf(secretKey);
  return emptyMemoryDisk({ id: deviceIdOf(endpointId), endpointId, name: 'Laptop', secretKey, incarnation: 0 });
};

const openOn = async (disk: MemoryDisk): Promise<StoreArrangement> => {
  const { actor, client, clock } = actorHarness(memoryStore(disk));
  await actor.start();
  return {
    client,
    clock,
    restart: async () => {
      await actor.stop();
      return openOn(disk);
    },
  };
};

storeConformance({ name: 'a store in memory', open: () => openOn(newDisk()) });
