/**
 * A network adapter for automerge-repo: `new Repo({ network: [new BowlineNetworkAdapter(host, { allow: 'paired' })] })`
 * keeps documents of paired devices in step.
 *
 * @packageDocumentation
 */
export { BowlineNetworkAdapter } from './bowline-network-adapter.ts';
export { type AdapterOptions, AUTOMERGE_SERVICE } from './options.ts';
