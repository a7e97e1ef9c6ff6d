/**
 * `bowline/undici`: undici's `fetch`, `request` and `WebSocket` to a service of another device. undici is the app's own, 7 or
 * newer.
 *
 * @packageDocumentation
 */
import { InvalidOptionError } from '@bowline/contracts';
import type { Device } from '@bowline/host';
import { Agent, type buildConnector } from 'undici';

/**
 * A dispatcher whose connections are streams to one service of a device, whatever host a URL names. The addresses are
 * `http:`, since what the stream is made of is encrypted already; `https:` ones fail.
 */
export const serviceDispatcher = (
  device: Pick<Device, 'connect'>,
  service: string,
  options: Omit<Agent.Options, 'connect'> = {},
): Agent => {
  const connect: buildConnector.connector = ({ protocol }, callback) => {
    if (protocol !== 'http:') {
      callback(new InvalidOptionError('url', 'must begin with http: for a service of a device', protocol), null);
      return;
    }
    const duplex = device.connect(service);
    const onError = (error: Error): void => callback(error, null);
    duplex.once('error', onError);
    duplex.once('connect', () => {
      duplex.removeListener('error', onError);
      // undici uses of a socket what every Duplex has.
      callback(null, duplex as unknown as Parameters<buildConnector.Callback>[1] & object as never);
    });
  };
  return new Agent({ ...options, connect });
};
