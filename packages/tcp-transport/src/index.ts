/**
 * TCP connections between linked devices, for their streams. `docs/protocol/tcp.md` is what is said on the wire.
 *
 * @packageDocumentation
 */
export { resolveTcpTransportOptions, TCP_TRANSPORT_DEFAULTS, type TcpTransportOptions } from './options.ts';
export { tcpTransport } from './tcp-transport.ts';
export { tcpTransportWorker } from './worker-definition.ts';
