import type { Cancel } from '@bowline/contracts';
import type { System } from '../system.ts';

/** Least time between two refused connections that are told, milliseconds: anybody can try as often as they like. */
const REFUSAL_SPACING_MS = 1_000;

/** Tells the app what happened to it without anybody asking: who was refused, and what the journal no longer holds. */
export const tellIncidents = ({ parts, hub, clock }: System): Cancel => {
  let refusedAtMs = Number.NEGATIVE_INFINITY;
  const cancels = [
    parts.endpoint.client.on('connection.refused', ({ remoteEndpointId, alpn, name }) => {
      if (clock.monotonicMs() - refusedAtMs < REFUSAL_SPACING_MS) return;
      refusedAtMs = clock.monotonicMs();
      hub.tell({ event: 'connection.refused', endpointId: remoteEndpointId, alpn, name });
    }),
    parts.persistence.client.on('journal.trimmed', ({ upToPosition }) =>
      hub.tell({ event: 'journal.trimmed', upToPosition }),
    ),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
};
