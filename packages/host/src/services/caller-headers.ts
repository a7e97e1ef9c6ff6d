import type { IncomingMessage } from 'node:http';
import type { StreamPeer } from './device-stream.ts';

/** The header in which a served app reads the id of the device that calls. */
export const DEVICE_HEADER = 'Bowline-Device';

/** The header with the caller's name, percent-encoded UTF-8. */
export const DEVICE_NAME_HEADER = 'Bowline-Device-Name';

/** Whether a header bears our name, as some servers read it: `_` for `-`. */
const isOurs = (name: string): boolean => name.toLowerCase().replaceAll('_', '-').startsWith('bowline-');

/** Pairs of names and values, one after the other, without any header of ours. */
export const withoutCaller = (rawHeaders: readonly string[]): string[] => {
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
    if (!isOurs(name)) kept.push(name, value);
  }
  return kept;
};

/** Our headers for a caller. */
export const callerHeaders = (device: StreamPeer): string[] => [
  DEVICE_HEADER,
  device.id,
  DEVICE_NAME_HEADER,
  encodeURIComponent(device.name),
];

/** Makes a request say who calls, and nobody else: whatever came under our name is gone. `null`: it came by no stream of ours. */
export const stampCaller = (message: IncomingMessage, device: StreamPeer | null): void => {
  const ours = device === null ? [] : callerHeaders(device);
  message.rawHeaders = [...withoutCaller(message.rawHeaders), ...ours];
  const { headers } = message;
  for (const name of Object.keys(headers)) if (isOurs(name)) delete headers[name];
  for (let at = 0; at < ours.length; at += 2) headers[String(ours[at]).toLowerCase()] = ours[at + 1];
};
