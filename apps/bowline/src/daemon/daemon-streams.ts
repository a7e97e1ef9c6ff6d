import type { ChannelHandlers, DaemonChannel } from '@bowline/contracts';
import type { Host } from '@bowline/host';
import { askedDevice } from './asked-device.ts';
import { clientStreams } from './client-streams.ts';

/** The streams that one command has opened through the daemon. */
export interface DaemonStreams {
  readonly handlers: Pick<
    ChannelHandlers<DaemonChannel>,
    'openStream' | 'readStream' | 'writeStream' | 'endStream' | 'resetStream'
  >;
  /** The command is gone: what it opened is reset. */
  readonly end: () => void;
}

export const daemonStreams = (host: Host): DaemonStreams => {
  const streams = clientStreams();
  return {
    handlers: {
      openStream: async ({ device, service, streamId }, { signal }) => {
        const { id, endpointId, name } = await askedDevice(host, device);
        await streams.open(streamId, (either) => host.device(id).open(service, { signal: either }), signal);
        return { device: { id, endpointId, name } };
      },
      readStream: async ({ streamId }) => ({ bytes: await streams.read(streamId) }),
      writeStream: ({ streamId, bytes }) => streams.write(streamId, bytes),
      endStream: ({ streamId }) => streams.end(streamId),
      resetStream: ({ streamId, code }) => streams.reset(streamId, code),
    },
    end: streams.close,
  };
};
