import { type EndpointId, type PersistenceChannel, parseEndpointId, type UnpairedEndpoint } from '@bowline/contracts';
import { SerialQueue } from '@bowline/limits';
import type { SupervisedWorker } from '@bowline/supervisor';

/** Endpoints this device has unpaired, kept across restarts: those that were away are told when they come. */
export interface UnpairedEndpoints {
  /** The one unpaired last comes last. */
  list(): readonly UnpairedEndpoint[];
  /** @param pairingId which pairing has ended; `null`: not known */
  add(endpointId: EndpointId, pairingId: string | null): Promise<void>;
  remove(endpointId: EndpointId): Promise<void>;
}

const SETTING = 'unpairedEndpoints';

/** Far more than a person unpairs; whoever was unpaired earlier hears `not-paired`, like a stranger. */
const MAX_KEPT = 256;

type Store = Pick<SupervisedWorker<PersistenceChannel>, 'client'>;

export const openUnpairedEndpoints = async ({ client }: Store): Promise<UnpairedEndpoints> => {
  const { value } = await client.request('getSetting', { name: SETTING });
  let kept = storedList(value);
  const keep = async (next: readonly UnpairedEndpoint[]): Promise<void> => {
    const stored = next.map(({ endpointId, pairingId }) => ({ endpointId, pairingId }));
    await client.request('putSetting', { name: SETTING, value: stored });
    kept = next;
  };
  const without = (endpointId: EndpointId) => kept.filter((each) => each.endpointId !== endpointId);
  /** One change after the other: two at once would both begin with the same list, and one would be lost. */
  const changes = new SerialQueue();
  return {
    list: () => kept,
    add: (endpointId, pairingId) =>
      changes.run(() => keep([...without(endpointId), { endpointId, pairingId }].slice(-MAX_KEPT))),
    remove: (endpointId) =>
      changes.run(async () => {
        if (without(endpointId).length < kept.length) await keep(without(endpointId));
      }),
  };
};

const storedList = (value: unknown): readonly UnpairedEndpoint[] =>
  (Array.isArray(value) ? value : []).flatMap((each: unknown) => {
    // An earlier release kept the endpoint alone.
    const { endpointId, pairingId } =
      typeof each === 'object' && each !== null ? entryOf(each) : entryOf({ endpointId: each });
    return endpointId === undefined ? [] : [{ endpointId, pairingId }];
  });

const entryOf = ({ endpointId, pairingId }: { readonly endpointId?: unknown; readonly pairingId?: unknown }) => ({
  endpointId: typeof endpointId === 'string' ? parseEndpointId(endpointId) : undefined,
  pairingId: typeof pairingId === 'string' ? pairingId : null,
});
