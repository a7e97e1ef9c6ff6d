import { type BoundEndpoint, brandAs, type SocketAddress } from '@bowline/contracts';
import type { ClosePortResult } from '@bowline/port-mappings';
import { settle } from '@bowline/testing';
import { describe, expect, it, vi } from 'vitest';
import { NOTHING_SEEN } from '../src/seen-report.ts';
import type { System } from '../src/system.ts';
import { closePorts } from '../src/wiring/close-ports.ts';
import { scriptedSystem } from './scripted-system.ts';

const OPENED = brandAs<SocketAddress>('203.0.113.7:5000');
const OWN = brandAs<SocketAddress>('192.168.1.10:4001');
const control = { url: 'http://192.168.1.1/control', serviceType: 'x' };
const CLOSED: ClosePortResult = { outcome: 'closed', control, detail: '' };

const arrange = ({ isLoopbackOnly = false, seen = [] as readonly SocketAddress[] } = {}) => {
  const scripted = scriptedSystem({ 'observation.status': () => ({ ...NOTHING_SEEN, addresses: seen }) });
  const closePort = vi.fn(async (): Promise<ClosePortResult> => CLOSED);
  const networkInterfaces = () => ({ eth0: [{ address: '192.168.1.10', family: 'IPv4' }] });
  const system = {
    ...scripted.system,
    jobs: { closePort },
    networkInterfaces,
    options: { isLoopbackOnly },
  } as unknown as System;
  const bound = (...directAddresses: SocketAddress[]) =>
    ({ endpointId: system.identity.endpointId, port: 4_001, directAddresses }) as BoundEndpoint;
  return { ...scripted, system, closePort, bound };
};

describe('a port that a router opened', () => {
  it('is closed as soon as it shows, and whenever it is open again, while the device keeps to the local network', async () => {
    const { system, clock, closePort, bound } = arrange();
    const ports = closePorts(system);
    system.own.update({ relayChoice: 'disabled', bound: bound(OWN) });
    await settle();
    expect(closePort).not.toHaveBeenCalled();
    system.own.update({ bound: bound(OWN, OPENED) });
    await settle();
    expect(closePort).toHaveBeenCalledExactlyOnceWith({
      externalPort: 5_000,
      internalPort: 4_001,
      localIps: ['192.168.1.10'],
      control: null,
    });
    expect(system.condition.openedPort).toEqual({ address: OPENED, isClosed: true, reason: '' });
    await clock.advance(20_000);
    expect(closePort).toHaveBeenCalledTimes(2);
    expect(closePort).toHaveBeenLastCalledWith(expect.objectContaining({ control }));
    await ports.end();
    expect(closePort).toHaveBeenLastCalledWith(expect.objectContaining({ timeoutMs: 400 }));
    ports.cancel();
    await clock.advance(600_000);
    expect(closePort).toHaveBeenCalledTimes(3);
  });

  it('is closed as well where it shows while it is looked for another', async () => {
    const { system, closePort, bound } = arrange();
    const first = Promise.withResolvers<ClosePortResult>();
    closePort.mockReturnValueOnce(first.promise);
    const ports = closePorts(system);
    system.own.update({ relayChoice: 'disabled', bound: bound(OPENED) });
    await settle();
    system.own.update({ bound: bound(brandAs('203.0.113.7:6000')) });
    await settle();
    first.resolve(CLOSED);
    await settle();
    expect(closePort).toHaveBeenLastCalledWith(expect.objectContaining({ externalPort: 6_000 }));
    ports.cancel();
  });

  it('is closed where the device keeps to this machine', async () => {
    const { system, closePort, bound } = arrange({ isLoopbackOnly: true });
    const ports = closePorts(system);
    system.own.update({ bound: bound(OPENED) });
    await settle();
    expect(closePort).toHaveBeenCalledOnce();
    ports.cancel();
  });

  it('is wanted by a device that uses relays, and is none where others have seen it', async () => {
    const { system, closePort, bound } = arrange({ seen: [OPENED] });
    const ports = closePorts(system);
    system.own.update({ bound: bound(OWN, brandAs('203.0.113.7:6000')) });
    await settle();
    system.own.update({ relayChoice: 'disabled', bound: bound(OWN, OPENED) });
    await settle();
    expect(closePort).not.toHaveBeenCalled();
    ports.cancel();
  });

  it('is none where no router confirms it: addresses of this machine come and go', async () => {
    const { system, clock, closePort, bound } = arrange();
    const ports = closePorts(system);
    closePort.mockResolvedValue({ outcome: 'noRouter', control: null, detail: '' });
    system.own.update({
      relayChoice: 'disabled',
      bound: bound(brandAs('192.168.1.9:4001'), brandAs('[2001:db9::1]:1')),
    });
    await settle();
    expect([closePort.mock.calls.length, system.condition.openedPort]).toEqual([1, null]);
    closePort.mockResolvedValue({ outcome: 'absent', control, detail: '' });
    system.own.update({ bound: bound(OPENED) });
    await settle();
    await clock.advance(600_000);
    expect([closePort.mock.calls.length, system.condition.openedPort]).toEqual([2, null]);
    ports.cancel();
  });

  it('that stays open is told, with the reason, and tried again', async () => {
    const { system, clock, closePort, bound, logger } = arrange();
    closePort.mockResolvedValue({ outcome: 'noRouter', control: null, detail: '' });
    const ports = closePorts(system);
    system.own.update({ relayChoice: 'disabled', bound: bound(OPENED) });
    await settle();
    expect(system.condition.openedPort).toEqual({ address: OPENED, isClosed: false, reason: 'no router answers' });
    await clock.advance(60_000);
    expect(closePort).toHaveBeenCalledTimes(2);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    ports.cancel();
  });
});
