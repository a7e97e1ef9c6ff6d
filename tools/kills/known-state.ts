import { createHash } from 'node:crypto';
import { brandAs, deviceIdOf, type EndpointId } from '@bowline/contracts';
import type { Store } from '../../packages/persistence/src/store.ts';
import type { KnownState } from './operation.ts';

/** Names of the devices there are; with more, each would meet fewer others. */
export const NAMES: readonly string[] = ['nas', 'phone', 'tablet', 'desk', 'car', 'tv'];

/** The same name always has the same endpoint. */
export const endpointIdNamed = (name: string): EndpointId =>
  brandAs<EndpointId>(createHash('sha256').update(name).digest('hex'));

export const deviceIdNamed = (name: string) => deviceIdOf(endpointIdNamed(name));

const nameOf = (endpointId: EndpointId): string =>
  NAMES.find((name) => endpointIdNamed(name) === endpointId) ?? endpointId;

/** How an open store stands. */
export const readKnownState = (store: Store): KnownState => ({
  paired: store.devices
    .list()
    .filter(({ pairingState }) => pairingState === 'paired')
    .map(({ endpointId }) => nameOf(endpointId))
    .sort((a, b) => a.localeCompare(b)),
  blocked: store.blocked
    .list()
    .map(({ endpointId }) => nameOf(endpointId))
    .sort((a, b) => a.localeCompare(b)),
  setting: Number(store.settings.get('count') ?? 0),
});
