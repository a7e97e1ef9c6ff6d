import { brandAs, type DeviceSummary } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { distinctRelayUrls, ownPresence } from '../src/own-presence.ts';

const device: DeviceSummary = { id: brandAs('d-0'), endpointId: brandAs('00'), name: 'x' };

describe('ownPresence', () => {
  it('tells a change once, and nothing when nothing changed', () => {
    const presence = ownPresence(device, brandAs('0a'.repeat(32)));
    const seen: (string | null)[] = [];
    presence.onChanged(({ loopbackUrl }) => seen.push(loopbackUrl));
    presence.update({ loopbackUrl: 'http://127.0.0.1:1/' });
    presence.update({ loopbackUrl: 'http://127.0.0.1:1/' });
    expect(seen).toEqual(['http://127.0.0.1:1/']);
  });

  it('waits for a condition that holds later, and at once for one that holds', async () => {
    const presence = ownPresence(device, brandAs('0a'.repeat(32)));
    const { signal } = new AbortController();
    const waiting = presence.waitFor(({ loopbackUrl }) => loopbackUrl, signal);
    presence.update({ loopbackUrl: 'http://127.0.0.1:1/' });
    expect(await waiting).toBe('http://127.0.0.1:1/');
    expect(await presence.waitFor(({ loopbackUrl }) => loopbackUrl, signal)).toBe('http://127.0.0.1:1/');
  });

  it('stops waiting when told to', async () => {
    const presence = ownPresence(device, brandAs('0a'.repeat(32)));
    const controller = new AbortController();
    const waiting = presence.waitFor(({ loopbackUrl }) => loopbackUrl, controller.signal);
    controller.abort(new Error('the host stops'));
    await expect(waiting).rejects.toThrow('the host stops');
    await expect(presence.waitFor(() => null, controller.signal)).rejects.toThrow('the host stops');
  });
});

describe('distinctRelayUrls', () => {
  it('keeps the order, drops repeats and what is no relay URL', () => {
    expect(distinctRelayUrls(['http://b', 'nonsense', 'http://a', 'http://b/'])).toEqual(['http://b/', 'http://a/']);
  });
});
