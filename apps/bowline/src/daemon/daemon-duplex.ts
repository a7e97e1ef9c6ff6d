import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import type { ConnectedChannel } from '@bowline/channel';
import { brandAs, type DaemonChannel, type DeviceSummary, type ServiceStreamId } from '@bowline/contracts';

/** Most bytes of one write over the daemon's socket. */
const CHUNK_BYTES = 65_536;

/** A stream to a service of another device, through the daemon. */
export interface DaemonDuplex {
  readonly device: DeviceSummary;
  readonly duplex: Duplex;
}

/** Opens it. Destroying the duplex resets it unless both directions have ended. */
export const openDaemonDuplex = async (
  channel: ConnectedChannel<DaemonChannel>,
  device: string,
  service: string,
  signal: AbortSignal,
): Promise<DaemonDuplex> => {
  const streamId = brandAs<ServiceStreamId>(randomBytes(16).toString('hex'));
  const opened = await channel.request('openStream', { device, service, streamId }, { signal });
  let isReadToEnd = false;
  let isEnded = false;
  const duplex = new Duplex({
    allowHalfOpen: true,
    read: () => {
      channel.request('readStream', { streamId }).then(
        ({ bytes }) => {
          isReadToEnd = bytes === null;
          duplex.push(bytes);
        },
        (error: Error) => duplex.destroy(error),
      );
    },
    write: (chunk: Uint8Array, _encoding, callback) => {
      const write = async (): Promise<void> => {
        for (let at = 0; at < chunk.byteLength; at += CHUNK_BYTES) {
          await channel.request('writeStream', { streamId, bytes: chunk.subarray(at, at + CHUNK_BYTES) });
        }
      };
      write().then(() => callback(), callback);
    },
    final: (callback) => {
      channel.request('endStream', { streamId }).then(() => {
        isEnded = true;
        callback();
      }, callback);
    },
    destroy: (error, callback) => {
      if (!isReadToEnd || !isEnded) channel.request('resetStream', { streamId, code: 0 }).catch(() => undefined);
      callback(error);
    },
  });
  return { device: opened.device, duplex };
};
