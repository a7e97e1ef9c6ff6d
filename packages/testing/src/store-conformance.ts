import { describe } from 'vitest';
import type { StoreImplementation } from './store-arrangement.ts';
import { deviceConformance } from './store-device-conformance.ts';
import { messageConformance } from './store-message-conformance.ts';
import { settingConformance } from './store-setting-conformance.ts';

/**
 * What every store owes its caller, wherever it keeps things. What a store on disk does beside it, refusing what it is not to be
 * given and noticing damage, is tested where it is.
 */
export const storeConformance = ({ name, open }: StoreImplementation): void => {
  describe(`${name} as a store`, () => {
    deviceConformance(open);
    messageConformance(open);
    settingConformance(open);
  });
};
