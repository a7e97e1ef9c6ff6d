import type { Cancel } from '@bowline/contracts';
import type { System } from '../system.ts';

/**
 * Keeps the registry knowing the relay tokens that peers shared, as the store has them: read when it starts, and for a
 * device that was paired since, whatever another session with it has told or taken back meanwhile.
 */
export const lendTokens = ({ parts, peers, inBackground }: System): Cancel => {
  const { persistence } = parts;

  const read = async (): Promise<void> => {
    const kept = await persistence.client.request('listRelayTokens', {});
    const tokensOf = new Map(kept.peers.map(({ endpointId, tokens }) => [endpointId, tokens]));
    for (const { device, lentTokens } of [...peers.peers()]) {
      const tokens = tokensOf.get(device.endpointId) ?? [];
      if (JSON.stringify(tokens) !== JSON.stringify(lentTokens)) peers.update(device.id, { lentTokens: tokens });
    }
  };

  inBackground('read relay tokens', read);
  const cancels = [
    persistence.onReady(read),
    peers.onChanged(({ isAdoption }) => {
      if (isAdoption) inBackground('read relay tokens', read);
    }),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
};
