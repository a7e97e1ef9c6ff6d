import { InvalidOptionError } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { RELAY_SERVER_DEFAULTS, type RelayServerOptions, resolveRelayServerOptions } from '../src/index.ts';

const ID = 'a'.repeat(64) as never;

describe('the options', () => {
  it('default to a relay for everyone on every interface', () => {
    expect(resolveRelayServerOptions()).toEqual(RELAY_SERVER_DEFAULTS);
    expect(resolveRelayServerOptions({ port: 0 })).toMatchObject({ port: 0, access: 'everyone' });
  });

  it.each<[string, Partial<Record<keyof RelayServerOptions, unknown>>]>([
    ['port', { port: 65_536 }],
    ['port', { port: 1.5 }],
    ['bindAddress', { bindAddress: 'localhost' }],
    ['maxClients', { maxClients: 0 }],
    ['maxPendingConnections', { maxPendingConnections: 0 }],
    ['maxPendingPerAddress', { maxPendingPerAddress: -1 }],
    ['connectionRate.perSecond', { connectionRate: { perSecond: 0, burst: 1 } }],
    ['connectionRate.burst', { connectionRate: { perSecond: 1, burst: 0.5 } }],
    ['maxLoginsPerEndpoint', { maxLoginsPerEndpoint: 65 }],
    ['handshakeTimeoutMs', { handshakeTimeoutMs: 99 }],
    ['pingIntervalMs', { pingIntervalMs: Number.NaN }],
    ['pongTimeoutMs', { pongTimeoutMs: 0 }],
    ['stallTimeoutMs', { stallTimeoutMs: 0 }],
    ['sendQueueBytes', { sendQueueBytes: 1_000 }],
    ['totalQueueBytes', { totalQueueBytes: 1_000 }],
    ['restartSpreadMs', { restartSpreadMs: -1 }],
    ['stopTimeoutMs', { stopTimeoutMs: -1 }],
    ['tellAbsent', { tellAbsent: 'yes' }],
    ['tokenInUrl', { tokenInUrl: 'yes' }],
    ['publicHosts', { publicHosts: ['https://relay.example'] }],
    ['publicHosts', { publicHosts: Array(17).fill('relay.example') }],
    ['logAddresses', { logAddresses: 1 }],
    ['monitoring.port', { monitoring: { bindAddress: '127.0.0.1', port: -1 } }],
    ['monitoring.bindAddress', { monitoring: { bindAddress: '', port: 0 } }],
    ['receiveLimit.bytesPerSecond', { receiveLimit: { bytesPerSecond: 1, burstBytes: 10_000 } }],
    ['receiveLimit.burstBytes', { receiveLimit: { bytesPerSecond: 10_000, burstBytes: 0 } }],
    ['tls.certificatePem', { tls: { certificatePem: 'x', privateKeyPem: 'x' } }],
    ['tls.privateKeyPem', { tls: { certificatePem: '-----BEGIN CERTIFICATE-----', privateKeyPem: 'hush' } }],
    ['observers', { observers: Array.from({ length: 5 }, () => ({ endpointId: ID, port: 1 })) }],
    ['observers.endpointId', { observers: [{ endpointId: 'x', port: 1 }] }],
    ['observers.port', { observers: [{ endpointId: ID, port: 0 }] }],
    ['access', { access: 'nobody' }],
    ['access', { access: null }],
    ['access.allow[1]', { access: { allow: [ID, 'b'] } }],
    ['access.deny[0]', { access: { deny: ['c'] } }],
    ['access.tokens', { access: { tokens: [] } }],
    ['access.tokens[0]', { access: { tokens: ['two words'] } }],
    ['access.tokens[1]', { access: { tokens: ['fine', ''] } }],
    ['access.callOut.url', { access: { callOut: { url: 'ftp://x' } } }],
    ['access.callOut.bearerToken', { access: { callOut: { url: 'http://x', bearerToken: 'a\nb' } } }],
    ['access.callOut.timeoutMs', { access: { callOut: { url: 'http://x', timeoutMs: 1 } } }],
  ])('are refused by the name of the field: %s', (field, input) => {
    expect(() => resolveRelayServerOptions(input as Partial<RelayServerOptions>)).toThrow(InvalidOptionError);
    expect(() => resolveRelayServerOptions(input as Partial<RelayServerOptions>)).toThrow(`"${field}"`);
  });

  it('are refused without showing a secret', () => {
    for (const input of [
      { access: { tokens: ['hush hush'] } },
      { access: { callOut: { url: 'http://x', bearerToken: 'hush hush' } } },
      { tls: { certificatePem: '-----BEGIN CERTIFICATE-----', privateKeyPem: 'hush hush' } },
    ]) {
      expect(() => resolveRelayServerOptions(input)).toThrow(expect.not.objectContaining({ message: /hush/ }));
    }
  });
});
