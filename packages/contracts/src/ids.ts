declare const brand: unique symbol;

/** A string that the type checker keeps apart from other strings; at run time it is the plain string. */
export type Branded<T, B extends string> = T & { readonly [brand]: B };

/**
 * The public key of an endpoint, as 64 lower-case hexadecimal digits (32 bytes, Ed25519).
 * iroh authenticates it in every connection; whoever holds the key is the device.
 */
export type EndpointId = Branded<string, 'EndpointId'>;

/**
 * Short name of a device: `d-` and 16 characters of Crockford base32, computed one-way from its {@link EndpointId}.
 * Because it is computed and never claimed, no device can present another device's id.
 */
export type DeviceId = Branded<string, 'DeviceId'>;

/** A relay's address as peers and tickets hold it: absolute `http:` or `https:` URL, normalized, ending in `/`. Never a loopback name of the switchboard. */
export type RelayUrl = Branded<string, 'RelayUrl'>;

/** A UDP address as `1.2.3.4:5678` or `[2001:db8::1]:5678`. */
export type SocketAddress = Branded<string, 'SocketAddress'>;

/**
 * By which paired devices know a device on the local network: 32 bytes as 64 lower-case hexadecimal digits. A secret of a
 * device and those it is paired with.
 */
export type PresenceKey = Branded<string, 'PresenceKey'>;

/** Name of one open connection of the endpoint actor; unique for the life of that actor, never reused. */
export type ConnectionId = Branded<string, 'ConnectionId'>;

/** Name of one stream of bytes on one connection of the endpoint actor; 1 to 64 characters, unique within its connection. */
export type StreamId = Branded<string, 'StreamId'>;

/** Name of one stream to a service, on any number of connections; 1 to 64 characters, unique on this device. */
export type ServiceStreamId = Branded<string, 'ServiceStreamId'>;

/** Name of one pairing session on this device, for logs and for the person's commands. It proves nothing. */
export type PairingSessionId = Branded<string, 'PairingSessionId'>;

/** Gives a value that has been checked, or that our own code made, its brand. */
export const brandAs = <T extends Branded<string, string>>(value: string): T => value as T;
