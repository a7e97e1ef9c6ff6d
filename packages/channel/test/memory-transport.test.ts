import { memoryTransportPair } from '@bowline/channel';
import { systemClock } from '@bowline/system-ports';
import { channelConformance, serveConformanceChannel } from '@bowline/testing';

channelConformance({
  name: 'memory',
  clock: systemClock,
  isByReference: true,
  carriesConnections: true,
  setup: () => {
    const [near, far] = memoryTransportPair();
    serveConformanceChannel(far);
    return { transport: near, kill: () => far.close(), end: () => far.close() };
  },
});
