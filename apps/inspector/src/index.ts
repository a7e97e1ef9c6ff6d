/**
 * The inspector: a page, served on loopback by the process that runs a host, that shows how its devices are connected and
 * why. `inspector(options)(host, components)` makes one.
 *
 * @packageDocumentation
 */
export { InspectorNotStartedError, InspectorPageMissingError, InspectorPortTakenError } from './errors.ts';
export type { InspectedHost } from './inspected-host.ts';
export { type Inspector, type InspectorComponents, inspector } from './inspector.ts';
export { INSPECTOR_DEFAULTS, type InspectorOptions, resolveInspectorOptions } from './options.ts';
export { PageActionInvalidError } from './page-actions.ts';
