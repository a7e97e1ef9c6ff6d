import type { HostEvent, HostStatus } from '@bowline/contracts';

type Json = Readonly<Record<string, unknown>>;

/** An event as `--json` prints it: bytes as base64. */
export const eventJson = <E extends HostEvent>(event: E): Json => {
  if (event.event !== 'message.received') return { ...event };
  const { bytes, ...told } = event;
  return { ...told, bytesBase64: bytes === null ? null : Buffer.from(bytes).toString('base64') };
};

/** The status as `--json` prints it: moments as ISO 8601. */
export const statusJson = ({ network, peers, ...status }: HostStatus): Json => ({
  ...status,
  network: {
    ...network,
    observed: network.observed.map(({ atMs, ...seen }) => ({ ...seen, at: isoTime(atMs) })),
  },
  peers: peers.map(({ sinceMs, ...peer }) => ({ ...peer, since: sinceMs === null ? null : isoTime(sinceMs) })),
});

export const isoTime = (atMs: number): string => new Date(atMs).toISOString();
