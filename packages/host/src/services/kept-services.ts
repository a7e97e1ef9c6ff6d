import type { DeviceId, PersistenceChannel, ServiceOffer, SettingValue } from '@bowline/contracts';
import type { SupervisedWorker } from '@bowline/supervisor';
import type { LocalTarget } from './local-service.ts';

/** A service of a program on this machine that is served again after a restart. */
export interface KeptService extends ServiceOffer {
  readonly target: LocalTarget;
}

/** Under which name they are stored. */
const SETTING = 'services';

/** The services that outlive the host, in its store. */
export interface KeptServices {
  list(): readonly KeptService[];
  put(service: KeptService): Promise<void>;
  /** Whether there was one. */
  remove(name: string): Promise<boolean>;
}

/** What is stored and cannot be read, as by an earlier release than the one that wrote it, is left out. */
export const openKeptServices = async ({
  client,
}: Pick<SupervisedWorker<PersistenceChannel>, 'client'>): Promise<KeptServices> => {
  const { value } = await client.request('getSetting', { name: SETTING });
  let kept = Array.isArray(value) ? value.flatMap(readKept) : [];
  const replace = async (next: readonly KeptService[]): Promise<void> => {
    await client.request('putSetting', { name: SETTING, value: next as unknown as SettingValue });
    kept = [...next];
  };
  return {
    list: () => kept,
    put: (service) => replace([...kept.filter(({ name }) => name !== service.name), service]),
    remove: async (name) => {
      if (!kept.some((each) => each.name === name)) return false;
      await replace(kept.filter((each) => each.name !== name));
      return true;
    },
  };
};

const readKept = (value: SettingValue): readonly KeptService[] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const { name, allow, relay, maxStreams, target } = value as unknown as Partial<KeptService>;
  const isWhole = typeof name === 'string' && typeof maxStreams === 'number' && typeof target === 'object';
  if (!isWhole || allow === undefined || relay === undefined) return [];
  return [{ name, allow: allow as 'paired' | readonly DeviceId[], relay, maxStreams, target }];
};
