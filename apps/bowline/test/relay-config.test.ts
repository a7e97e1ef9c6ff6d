import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BowlineError } from '@bowline/contracts';
import { fakeClock } from '@bowline/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../../packages/relay-server/test/self-signed.ts';
import { readConfigFile } from '../src/relay-host/config-file.ts';
import { observerPlaceOf, readRelaySettings } from '../src/relay-host/relay-settings.ts';
import { checkRelay } from '../src/relay-host/run-relay.ts';
import { withFlags } from '../src/relay-host/serve-flags.ts';
import { temporaryFolder } from './two-devices.ts';

const GUIDE = new URL('../../../docs/guides/host-a-relay.md', import.meta.url);

const fileWith = (content: string): string => {
  const path = join(temporaryFolder(), 'relay.json');
  writeFileSync(path, content);
  return path;
};

describe('the configuration of a relay', () => {
  it('takes files it names from its own folder', async () => {
    const path = fileWith('{"tls":{"certificateFile":"cert.pem","privateKeyFile":"/keys/key.pem"}}');
    const folder = join(path, '..');
    expect((await readConfigFile(path)).tls).toEqual({
      certificateFile: join(folder, 'cert.pem'),
      privateKeyFile: '/keys/key.pem',
    });
  });

  it('gives way to flags, field by field', () => {
    const config = { port: 1, limits: { maxClients: 5, sendQueueBytes: 65_536 }, metrics: { port: 9 } };
    expect(withFlags(config, { port: 2, maxClients: 6, metricsBind: '::1' })).toEqual({
      port: 2,
      limits: { maxClients: 6, sendQueueBytes: 65_536 },
      metrics: { port: 9, bind: '::1' },
    });
  });

  it('takes the names devices know the relay by, and whether tokens may stand in URLs', async () => {
    const path = fileWith('{"publicHosts":["relay.example"],"tokenInUrl":true}');
    expect(await readRelaySettings({ config: path })).toMatchObject({
      publicHosts: ['relay.example'],
      tokenInUrl: true,
    });
    expect(await readRelaySettings({ config: path, publicHost: ['other.example:8443'] })).toMatchObject({
      publicHosts: ['other.example:8443'],
    });
  });

  it('is checked for a certificate that is not valid now', async () => {
    const folder = temporaryFolder();
    const { certificatePem, privateKeyPem } = selfSigned('old.test', { lastYear: 2050 });
    writeFileSync(join(folder, 'cert.pem'), certificatePem);
    writeFileSync(join(folder, 'key.pem'), privateKeyPem);
    const flags = { tlsCert: join(folder, 'cert.pem'), tlsKey: join(folder, 'key.pem') };
    const components = { clock: { ...fakeClock(), nowMs: () => Date.UTC(2060, 1, 1) } } as never;
    const run = { components, printer: {} as never, signal: new AbortController().signal };
    await expect(checkRelay(flags, run)).rejects.toThrow('CN=old.test expired on 2050-12-31');
  });

  it('listens everywhere on 3340 and admits everyone when nothing is said', async () => {
    expect(await readRelaySettings({})).toEqual({ bindAddress: '::', port: 3_340, tls: null, access: 'everyone' });
  });

  it('keeps metrics on this machine unless asked otherwise', async () => {
    expect(await readRelaySettings({ metricsPort: 9_090 })).toMatchObject({
      monitoring: { bindAddress: '127.0.0.1', port: 9_090 },
    });
  });

  it.each([
    ['beside the relay by itself', {}, { bindAddress: '::', port: 3_340, isAsked: false }],
    ['on the port of the relay', { port: 443 }, { bindAddress: '::', port: 443, isAsked: false }],
    ['nowhere for this machine alone', { bind: '127.0.0.1' }, null],
    ['nowhere when it is off', { observer: 'off' as const }, null],
    ['where it is told', { port: 443, observer: { port: 7 } }, { bindAddress: '::', port: 7, isAsked: true }],
    [
      'on an address of its own',
      { bind: '127.0.0.1', observer: { bind: '0.0.0.0', port: 7 } },
      { bindAddress: '0.0.0.0', port: 7, isAsked: true },
    ],
  ])('puts the observer %s', (_where, config, place) => {
    expect(observerPlaceOf(config)).toEqual(place);
  });

  it('gives metrics no port that the relay itself takes', async () => {
    const same = { port: 4_000, metricsPort: 4_000 };
    await expect(readRelaySettings(same)).rejects.toThrow('"metrics.port" must differ');
    await expect(readRelaySettings({ ...same, bind: '127.0.0.1' })).rejects.toThrow('"metrics.port" must differ');
    expect(await readRelaySettings({ ...same, bind: '192.0.2.1' })).toMatchObject({ port: 4_000 });
    expect(await readRelaySettings({ port: 0, metricsPort: 0 })).toMatchObject({ port: 0 });
  });

  it('puts the observer where flags say, which win over the file', () => {
    expect(withFlags({ observer: { port: 7, bind: '::1' } }, { observerPort: 8 }).observer).toEqual({
      port: 8,
      bind: '::1',
    });
    expect(withFlags({ observer: { port: 7 } }, { observerBind: '::1' }).observer).toEqual({ port: 7, bind: '::1' });
    expect(withFlags({ observer: 'off' }, {}).observer).toBe('off');
    expect(withFlags({ observer: { port: 7 } }, { observerPort: 'off' }).observer).toBe('off');
    expect(() => withFlags({}, { observerBind: '::1' })).toThrow('--observer-port');
    expect(() => withFlags({ observer: 'off' }, { observerBind: '::1' })).toThrow('--observer-port');
    expect(() => withFlags({}, { observerBind: '::1', observerPort: 'off' })).toThrow('no use');
  });

  it('says which files cannot be read', async () => {
    await expect(readRelaySettings({ tlsCert: '/no/cert', tlsKey: '/no/key' })).rejects.toMatchObject({
      code: 'WRONG_USE',
      message: expect.stringContaining('/no/cert is not there'),
    });
    await expect(readRelaySettings({ tlsCert: '/no/cert' })).rejects.toThrow('go together');
  });

  it('is read or refused with a reason, whatever it holds', async () => {
    const path = fileWith('');
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string(), mistaken), async (content) => {
        writeFileSync(path, content);
        try {
          await readConfigFile(path);
        } catch (error) {
          expect(error).toBeInstanceOf(BowlineError);
        }
      }),
    );
  });

  it('is as the guide shows it', async () => {
    const guide = readFileSync(GUIDE, 'utf8');
    const examples = [...guide.matchAll(/```json\n(.*?)```/gs)].map(([, example = '']) => example);
    expect(examples).not.toEqual([]);
    for (const example of examples) expect(await readConfigFile(fileWith(example))).toBeTypeOf('object');
  });
});

/** Right field names with wrong things in them. */
const mistaken = fc
  .dictionary(
    fc.constantFrom('bind', 'port', 'tls', 'access', 'limits', 'metrics', 'observer', 'logAddresses'),
    fc.jsonValue(),
  )
  .map((value) => JSON.stringify(value));
