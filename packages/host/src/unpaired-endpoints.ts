import { type EndpointId, type PersistenceChannel, parseEndpointId } from '@bowline/contracts';
import { SerialQueue } from '@bowline/limits';
import type { SupervisedWorker } from '@bowline/supervisor';

/** Endpoints this device has unpaired, kept across restarts: those that were away are told when they come. */
export interface UnpairedEndpoints {
  /** The one unpaired last comes last. */
  list(): readonly EndpointId[];
  add(endpointId: EndpointId): Promise<void>;
  remove(endpointId: EndpointId): Promise<void>;
}

const SETTING = 'unpairedEndpoints';

/** Far more than a person unpairs; whoever was unpaired earlier hears `not-paired`, like a stranger. */
const MAX_KEPT = 256;

type Store = Pick<SupervisedWorker<PersistenceChannel>, 'client'>;

export const openUnpairedEndpoints = async ({ client }: Store): Promise<UnpairedEndpoints> => {
  const { value } = await client.request('getSetting', { name: SETTING });
  let kept = storedList(value);
  const keep = async (next: readonly EndpointId[]): Promise<void> => {
    await client.request('putSetting', { name: SETTING, value: next });
    kept = next;
  };
  /** One change after the other: two at once would both begin with the same list, and one would be lost. */
  const changes = new SerialQueue();
  return {
    list: () => kept,
    add: (endpointId) =>
      changes.run(() => keep([...kept.filter((each) => each !== endpointId), endpointId].slice(-MAX_KEPT))),
    remove: (endpointId) =>
      changes.run(async () => {
        if (kept.includes(endpointId)) await keep(kept.filter((each) => each !== endpointId));
      }),
  };
};

const storedList = (value: unknown): readonly EndpointId[] =>
  (Array.isArray(value) ? value : []).flatMap((each) => {
    const endpointId = typeof each === 'string' ? parseEndpointId(each) : undefined;
    return endpointId === undefined ? [] : [endpointId];
  });
