import type { RelayMetrics } from './relay-metrics.ts';

type Metric = readonly [name: string, kind: 'counter' | 'gauge', help: string, value: number | Labelled];

/** One sample for each value of a label. */
interface Labelled {
  readonly label: string;
  readonly values: Readonly<Record<string, number>>;
}

const metricsOf = (metrics: RelayMetrics): readonly Metric[] => [
  ['endpoints', 'gauge', 'Endpoint ids with a login now.', metrics.endpoints],
  ['clients', 'gauge', 'Logins now, parked ones included.', metrics.clients],
  ['pending_connections', 'gauge', 'Connections that have not logged in.', metrics.pendingConnections],
  ['queued_bytes', 'gauge', 'Bytes held for clients whose connection is backed up.', metrics.queuedBytes],
  ['logins_total', 'counter', 'Logins admitted.', metrics.accepted],
  ['denied_total', 'counter', 'Connections and logins turned away.', { label: 'reason', values: metrics.denied }],
  ['left_total', 'counter', 'Logins ended.', { label: 'reason', values: metrics.left }],
  ['parked_total', 'counter', 'Logins parked for a newer one with their endpoint id.', metrics.parked],
  ['datagrams_received_total', 'counter', 'Datagrams read from clients.', metrics.datagramsIn],
  ['datagrams_sent_total', 'counter', 'Datagrams passed on to clients.', metrics.datagramsOut],
  ['datagram_bytes_received_total', 'counter', 'Bytes of datagrams read from clients.', metrics.bytesIn],
  ['datagram_bytes_sent_total', 'counter', 'Bytes of datagrams passed on to clients.', metrics.bytesOut],
  ['datagrams_dropped_total', 'counter', 'Datagrams not passed on.', { label: 'reason', values: metrics.dropped }],
  ['pings_received_total', 'counter', 'Pings of clients answered.', metrics.pingsIn],
  ['endpoint_gone_sent_total', 'counter', 'EndpointGone frames sent.', metrics.goneTold],
  ['clients_rate_limited_total', 'counter', 'Logins throttled at least once.', metrics.clientsRateLimited],
];

/** The metrics in Prometheus' text format, version 0.0.4. */
export const prometheusText = (metrics: RelayMetrics): string => {
  const lines: string[] = [];
  for (const [name, kind, help, value] of metricsOf(metrics)) {
    const fullName = `bowline_relay_${name}`;
    lines.push(`# HELP ${fullName} ${help}`, `# TYPE ${fullName} ${kind}`);
    if (typeof value === 'number') {
      lines.push(`${fullName} ${value}`);
    } else {
      for (const [key, count] of Object.entries(value.values)) {
        lines.push(`${fullName}{${value.label}="${key}"} ${count}`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
};
