import type { TLSSocket } from 'node:tls';
import { brandAs, type DeviceId, type SocketAddress, type TcpLink } from '@bowline/contracts';
import { fakeClock, memoryLogger } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { linkedDevice } from '../src/linked-device.ts';
import { resolveTcpTransportOptions } from '../src/options.ts';
import type { TcpConnection } from '../src/tcp-connection.ts';

const key = { identity: 'i', secret: new Uint8Array(32) };

/** Nobody listens there. */
const link: TcpLink = {
  deviceId: brandAs<DeviceId>('d-2nskq5g2apnwaojq'),
  dialled: key,
  accepted: key,
  addresses: [brandAs<SocketAddress>('127.0.0.1:1')],
};

/** A device whose connections come from the other side alone, and answer no more. */
const deviceWithDeadConnections = () => {
  const ends: ((wasInUse: boolean) => void)[] = [];
  const device = linkedDevice({
    link,
    clock: fakeClock(),
    logger: memoryLogger(),
    options: resolveTcpTransportOptions({}),
    localIps: () => [],
    onDialFailed: () => undefined,
    established: (_socket, _dialledBy, onClosed) => {
      ends.push(onClosed);
      return { isIdle: true, prove: async () => false, close: () => undefined } as unknown as TcpConnection;
    },
  });
  const accept = () => device.accept({} as TLSSocket);
  return { device, accept, ends, last: () => device.status.lastAttempt };
};

describe('what is said of the last attempt', () => {
  it('is that a dial failed, though a connection that answers no more has not been closed yet', async () => {
    const { device, accept, ends, last } = deviceWithDeadConnections();
    accept();
    expect(last()).toBe('stood');
    await expect(device.connect()).rejects.toMatchObject({ code: 'TCP_UNREACHABLE' });
    expect(last()).toBe('failed');
    expect(device.status.lastFailure).toBe('refused');
    ends[0]?.(false);
    expect(last()).toBe('failed');
  });

  it('is that a dial was overtaken, when the other side has dialled meanwhile', async () => {
    const { device, accept, last } = deviceWithDeadConnections();
    accept();
    const connecting = device.connect();
    connecting.catch(() => undefined);
    // The dial begins once the one that is there has failed to answer.
    await Promise.resolve();
    await Promise.resolve();
    accept();
    await expect(connecting).rejects.toMatchObject({ code: 'TCP_UNREACHABLE' });
    expect(last()).toBe('stood');
  });

  it('is that a connection was lost in use, though another one ends unused after it', () => {
    const { accept, ends, last } = deviceWithDeadConnections();
    accept();
    accept();
    ends[0]?.(true);
    ends[1]?.(false);
    expect(last()).toBe('lost');
  });
});
