import type { DeviceId, DeviceReport, TcpConnectionStatus } from '@bowline/contracts';

/** Of all TCP connections with one device together; `null` when there is none. */
export const tcpReportOf = (deviceId: DeviceId, connections: readonly TcpConnectionStatus[]): DeviceReport['tcp'] => {
  const own = connections.filter((connection) => connection.deviceId === deviceId);
  if (own.length === 0) return null;
  return { bytesPerSecond: own.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0) };
};
