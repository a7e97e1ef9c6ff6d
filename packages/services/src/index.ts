/**
 * What devices serve each other, and the streams to it. `docs/protocol/streams.md` is what is said on the wire.
 *
 * @packageDocumentation
 */
export { resolveServicesOptions, SERVICES_DEFAULTS, type ServicesOptions } from './options.ts';
export { type ServicesComponents, services } from './services.ts';
